import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import {
  MachineEvents,
  networkAddress,
  thisMachine,
} from '../../../src/upstream/upkeep/machine-events.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['127.0.0.1', undefined],
  ['127.9.9.9', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['::1', undefined],
  [undefined, undefined],
])('the address of a socket at %s that a network can take away is %s', (local, address) => {
  expect(networkAddress(local)).toBe(address);
});

it('this machine has the addresses of its interfaces, without zones', () => {
  const addresses = thisMachine.addresses();
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  for (const { address } of all) expect(addresses).toContain(address.replace(/%.*/, ''));
});

it('lost addresses are those that were there once and are not now', () => {
  let now: string[] | undefined = ['192.0.2.1', '192.0.2.2'];
  const machine = { ...thisMachine, addresses: () => now && new Set(now) };
  const events = new MachineEvents(machine, 1_000);
  const lost = (): string[] => [...events.lostAddresses()].sort();
  expect(lost()).toEqual([]);
  now = ['192.0.2.2', '192.0.2.3'];
  expect(lost()).toEqual(['192.0.2.1']);
  now = undefined;
  expect(lost()).toEqual([]);
  now = ['192.0.2.1'];
  expect(lost()).toEqual(['192.0.2.2', '192.0.2.3']);
});

it('a look that is overdue means sleep, and one that nobody expects does not', () => {
  let monotonic = 0;
  const clock = (): number => monotonic;
  const machine = { wall: clock, monotonic: clock, addresses: () => undefined };
  const events = new MachineEvents(machine, 5_000);
  const after = (ms: number): boolean => {
    monotonic += ms;
    return events.slept();
  };
  expect(after(100_000)).toBe(false);
  events.expectLooks(true);
  expect(after(15_000)).toBe(false);
  expect(after(1)).toBe(true);
  events.look();
  expect(after(15_000)).toBe(false);
  events.expectLooks(false);
  events.look();
  expect(after(100_000)).toBe(false);
});
