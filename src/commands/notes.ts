import type { Terminal } from './terminal.ts';

/** Sentences for the operator, on stderr, in the shape of what else goes there. */
export interface Notes {
  readonly json: boolean;
  /** About what is going on. */
  info(sentence: string): void;
  /** About what the operator should look at. */
  warn(sentence: string): void;
  /** Keeps sentences back until it is called with false: somebody else has the terminal. */
  hold(on: boolean): void;
}

/** While they are held; more are not worth reading. */
const MAX_HELD = 1_000;

interface LogFlags {
  readonly logFormat: string;
  readonly logFile: string | undefined;
}

/** JSON wherever the lines are not for a person at a terminal. */
export function createNotes({ logFormat, logFile }: LogFlags, terminal: Terminal): Notes {
  const json =
    logFormat === 'auto' ? logFile !== undefined || !terminal.stderrIsTTY : logFormat === 'json';
  let held: string[] | undefined;
  const say = (line: string): void => {
    if (held === undefined) terminal.say(line);
    else if (held.length < MAX_HELD) held.push(line);
  };
  const tell = (level: string, msg: string): void => {
    say(JSON.stringify({ level, time: new Date().toISOString(), msg }));
  };
  return {
    json,
    info: (sentence) => (json ? tell('info', sentence) : say(sentence)),
    warn: (sentence) => (json ? tell('warn', sentence) : say(`warning: ${sentence}`)),
    hold(on) {
      const lines = held ?? [];
      held = on ? lines : undefined;
      if (!on) for (const line of lines) terminal.say(line);
    },
  };
}
