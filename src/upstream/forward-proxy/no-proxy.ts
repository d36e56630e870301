import { domainToASCII } from 'node:url';
import { ipBytes } from './ip-bytes.ts';

/** Whom a member of NO_PROXY is asked about. */
interface Asked {
  readonly hostname: string;
  readonly ip: Buffer | undefined;
  readonly port: number;
}

/**
 * The member of NO_PROXY, as it stands there, that spares `hostname:port` the proxy; undefined when none does. By the rules
 * of golang.org/x/net/http/httpproxy: a comma-separated list of `*`, IP addresses, CIDR ranges and domains, each but ranges
 * with a port or without. A domain means its subdomains too; with a dot or `*.` before it, only those. What can not be
 * read means nobody.
 * @param hostname in lower case and ASCII, IPv6 without brackets
 */
export function sparedBy(noProxy: string, hostname: string, port: number): string | undefined {
  const asked = { hostname, ip: ipBytes(hostname), port };
  return noProxy
    .split(',')
    .map((member) => member.trim())
    .find((member) => names(member.toLowerCase(), asked));
}

function names(member: string, asked: Asked): boolean {
  if (member === '*') return true;
  const range = rangeOf(member);
  if (range !== undefined) return asked.ip !== undefined && isWithin(asked.ip, range);
  const [host, port] = splitPort(member);
  if (host === '' || (port !== '' && port !== String(asked.port))) return false;
  const ip = ipBytes(host);
  if (ip !== undefined) return asked.ip?.equals(ip) ?? false;
  return isOfDomain(asked.hostname, host);
}

function isOfDomain(hostname: string, written: string): boolean {
  const wanted = written.startsWith('*.') ? written.slice(1) : written;
  // Of others it would make something else: `a/b` becomes `a`.
  const domain = /[^\0-\x7f]/.test(wanted) ? domainToASCII(wanted) || wanted : wanted;
  if (domain.startsWith('.')) return hostname.endsWith(domain);
  return hostname === domain || hostname.endsWith(`.${domain}`);
}

/** Go's `net.SplitHostPort`, and the whole where that finds no port. */
function splitPort(member: string): [host: string, port: string] {
  const split = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(member);
  return split === null ? [member, ''] : [split[1] ?? split[2] ?? '', split[3] ?? ''];
}

interface Range {
  readonly first: Buffer;
  /** How many bits of it count. */
  readonly bits: number;
}

/** Go's `net.ParseCIDR`. */
function rangeOf(member: string): Range | undefined {
  const [, address = '', digits = ''] = /^([^/]*)\/([0-9]{1,3})$/.exec(member) ?? [];
  const first = ipBytes(address);
  if (first === undefined) return undefined;
  // The range of an IPv4-mapped address is counted in 128 bits; a wider one than all of IPv4 means nobody.
  const mapped = address.includes(':') ? 128 - first.length * 8 : 0;
  const bits = Number(digits) - mapped;
  return bits < 0 || bits > first.length * 8 ? undefined : { first, bits };
}

function isWithin(ip: Buffer, { first, bits }: Range): boolean {
  if (ip.length !== first.length) return false;
  const whole = bits >> 3;
  if (!ip.subarray(0, whole).equals(first.subarray(0, whole))) return false;
  // Nothing is left of the next byte where whole ones count.
  const rest = 8 - (bits & 7);
  return (ip[whole] ?? 0) >> rest === (first[whole] ?? 0) >> rest;
}
