// RFC 9110 section 5.6.7. Weekdays are not checked against the date, as in Go.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;

/** Milliseconds since the epoch of an HTTP-date in any of its three forms; undefined for what is none. */
export function parseHttpDate(value: string): number | undefined {
  const imf = IMF_FIXDATE.exec(value);
  if (imf !== null) return timeOf(imf[1], imf[2], imf[3], imf[4]);
  const rfc850 = RFC_850.exec(value);
  if (rfc850 !== null) return timeOf(rfc850[1], rfc850[2], fullYear(rfc850[3]), rfc850[4]);
  const asctime = ASCTIME.exec(value);
  if (asctime === null) return undefined;
  return timeOf(asctime[2]?.replace(' ', '0'), asctime[1], asctime[4], asctime[3]);
}

/** Where Go's time package draws the line between the centuries. */
function fullYear(twoDigits = ''): string {
  return (Number(twoDigits) >= 69 ? '19' : '20') + twoDigits;
}

function timeOf(day = '', month = '', year = '', clock = ''): number | undefined {
  const text = `${day} ${month} ${year} ${clock} GMT`;
  const time = Date.parse(text);
  // `Date.parse` makes March of 30 February; the way back tells.
  return new Date(time).toUTCString().slice(5) === text ? time : undefined;
}
