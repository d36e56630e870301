import { isIPv4, isIPv6 } from 'node:net';

/**
 * The bytes of an IP address, 4 or 16; an IPv4-mapped IPv6 address is the IPv4 one (Go's `net.ParseIP` and `To4`).
 * Undefined for what is no address, and for one with a zone.
 */
export function ipBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [before = '', after] = text.split('::');
  const [head, tail] = [bytesOf(before), bytesOf(after ?? '')];
  const bytes = Buffer.from([...head, ...Array(16 - head.length - tail.length).fill(0), ...tail]);
  return bytes.subarray(0, 12).equals(MAPPED) ? bytes.subarray(12) : bytes;
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** Of groups in hexadecimal, the last of which may be an IPv4 address. */
function bytesOf(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
