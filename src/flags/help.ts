/** What does the command line look like? commander, taught the table of flags, writes the help. */
import { Command, Option } from 'commander';
import { PROSE } from './prose.ts';
import { type CommandName, type Flag, flagsOf, flagTitle } from './table.ts';

/** As the user typed it: by itself, or as a plugin of kubectl. */
export type ProgramName = 'porthole' | 'kubectl porthole';

// How commander is told that a flag's value is optional, as a switch's is.
const SWITCH = ' [bool]';

function commandFor(name: CommandName): Command {
  const command = new Command().helpOption(false);
  for (const flag of flagsOf(name)) command.addOption(optionFor(flag));
  return command;
}

function optionFor(flag: Flag): Option {
  const value = flag.takes === undefined ? SWITCH : ` <${flag.takes}>`;
  const option = new Option(
    flagTitle(flag) + value,
    flag.repeatable ? `${flag.help}; may be repeated` : flag.help,
  ).helpGroup(flag.group);
  if (flag.default !== undefined && flag.default !== 'false') option.default('', flag.default);
  return option;
}

/** The text of `--help`, at most 100 columns wide. */
export function helpText(name: CommandName, program: ProgramName): string {
  const { usage, description, examples } = PROSE[name];
  const command = commandFor(name)
    .name(program)
    .usage(usage(program))
    .description(description)
    .configureOutput({ getOutHelpWidth: () => 100, getOutHasColors: () => false })
    .configureHelp({
      optionTerm: ({ short, flags }) => (short ? '' : '    ') + flags.replace(SWITCH, ''),
    });
  const shown = examples.map(([comment, args]) => `  # ${comment}\n  ${program} ${args}`.trimEnd());
  return `${command.helpInformation()}\nExamples:\n${shown.join('\n\n')}\n`;
}
