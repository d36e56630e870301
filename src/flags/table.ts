/** Which flags are there? One table drives the reading of argv, commander, `--help` and completion. */
import { ACCEPTED_ROWS, KUBECONFIG_ROWS } from './kubectl-rows.ts';
import { AUDIT_ROWS, LOG_ROWS, REVIEW_ROWS, TRACE_ROWS } from './recording-rows.ts';
import {
  type CommandName,
  DOOR_ROWS,
  FILTER_ROWS,
  type FlagRow,
  LIMIT_ROWS,
  OTHER_ROWS,
  SERVING_ROWS,
} from './rows.ts';

export type { CommandName } from './rows.ts';

/** Under the headings of the help; `commands` are those that know a flag whose row does not say. */
const GROUPS = {
  'Serving:': { commands: ['serve', 'run', 'trace'], rows: SERVING_ROWS },
  'Filters:': { commands: ['serve', 'run', 'trace'], rows: FILTER_ROWS },
  'Limits:': { commands: ['serve', 'run', 'trace'], rows: LIMIT_ROWS },
  'Locked door:': { commands: ['serve', 'run', 'trace', 'kubeconfig'], rows: DOOR_ROWS },
  'Kubeconfig:': { commands: ['serve', 'run', 'trace', 'doctor'], rows: KUBECONFIG_ROWS },
  'Trace:': { commands: ['trace'], rows: TRACE_ROWS },
  'Events:': { commands: ['audit'], rows: REVIEW_ROWS },
  'Log:': { commands: ['serve', 'run', 'demo'], rows: LOG_ROWS },
  'Audit log and HTTP archive:': { commands: ['serve', 'run', 'trace'], rows: AUDIT_ROWS },
  'Other:': {
    commands: ['serve', 'run', 'trace', 'demo', 'audit', 'kubeconfig', 'doctor', 'completion'],
    rows: OTHER_ROWS,
  },
  'Accepted as by kubectl, without effect:': {
    commands: ['serve', 'run', 'trace', 'doctor'],
    rows: ACCEPTED_ROWS,
  },
} as const satisfies Record<string, { commands: readonly CommandName[]; rows: object }>;

type KeysOfUnion<T> = T extends unknown ? keyof T : never;
export type FlagName = KeysOfUnion<(typeof GROUPS)[keyof typeof GROUPS]['rows']>;

/** A row of the table with its long name and the heading that it stands under. */
export interface Flag extends FlagRow {
  readonly long: string;
  readonly commands: readonly CommandName[];
  readonly group: string;
}

/** Every flag of every command. */
export const FLAGS: readonly Flag[] = Object.entries(GROUPS).flatMap(
  ([group, { commands, rows }]) =>
    Object.entries<FlagRow>(rows).map(([long, row]) => ({
      commands,
      ...(row.takes === undefined && { default: 'false' }),
      ...row,
      long,
      group,
    })),
);

/** The flags that a command knows, in the order of its help. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ commands }) => commands.includes(command));
}

/** How a flag is named in the help and in messages: `-p, --port`. */
export function flagTitle({ short, long }: Flag): string {
  return short === undefined ? `--${long}` : `-${short}, --${long}`;
}
