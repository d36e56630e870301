import type { Terminal } from './terminal.ts';

/** Sentences for the operator, on stderr, in the shape of what else goes there. */
export interface Notes {
  readonly json: boolean;
  /** About what is going on. */
  info(sentence: string): void;
  /** About what the operator should look at. */
  warn(sentence: string): void;
}

interface LogFlags {
  readonly logFormat: string;
  readonly logFile: string | undefined;
}

/** JSON wherever the lines are not for a person at a terminal. */
export function createNotes({ logFormat, logFile }: LogFlags, terminal: Terminal): Notes {
  const json =
    logFormat === 'auto' ? logFile !== undefined || !terminal.stderrIsTTY : logFormat === 'json';
  const tell = (level: string, msg: string): void => {
    terminal.say(JSON.stringify({ level, time: new Date().toISOString(), msg }));
  };
  return {
    json,
    info: (sentence) => (json ? tell('info', sentence) : terminal.say(sentence)),
    warn: (sentence) => (json ? tell('warn', sentence) : terminal.say(`warning: ${sentence}`)),
  };
}
