/** The flags whose values prove somebody, as one or two words. */
const SECRET = /^(--(?:token|password))(=|$)/;

/**
 * A command line as others of the machine may see it: words of argv without the values of `--token` and `--password`, in
 * one text; undefined where neither is there. What stands behind `--` is another program's.
 */
export function withoutSecrets(argv: readonly string[]): string | undefined {
  const shown: string[] = [];
  let hidden = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      shown.push(...argv.slice(at));
      break;
    }
    const [, flag, equals] = SECRET.exec(word) ?? [];
    shown.push(flag === undefined ? word : `${flag}=***`);
    hidden ||= flag !== undefined;
    if (equals === '') at++;
  }
  return hidden ? shown.join(' ') : undefined;
}
