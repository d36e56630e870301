/** The second that was asked for last, and its text: a busy log asks many times for the same one. */
let second = Number.NaN;
let text = '';

/** A moment, in ms since the epoch, as apimachinery's `MicroTime` in UTC: `2026-11-22T13:05:11.000000Z`. */
export function microTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    second = whole;
    text = new Date(whole * 1000).toISOString().slice(0, -4);
  }
  const micros = Math.floor((ms - whole * 1000) * 1000);
  return `${text}${String(1_000_000 + micros).slice(1)}Z`;
}

/** The same moment as Go's `time.RFC3339Nano`: without the zeros that end it. */
export function rfc3339Nano(ms: number): string {
  return microTime(ms).replace(/\.?0*Z$/, 'Z');
}
