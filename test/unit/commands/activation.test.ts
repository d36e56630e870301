import { describe, expect, it } from 'vitest';
import { inheritedSocket, withoutActivation } from '../../../src/commands/activation.ts';

const PID = 4711;

describe('inheritedSocket', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['for us', { LISTEN_PID: '4711', LISTEN_FDS: '1' }, 3],
    ['with a name', { LISTEN_PID: '4711', LISTEN_FDS: '1', LISTEN_FDNAMES: 'porthole.socket' }, 3],
    ['nothing', {}, undefined],
    ['for another process', { LISTEN_PID: '4712', LISTEN_FDS: '1' }, undefined],
    ['several for another process', { LISTEN_PID: '4712', LISTEN_FDS: '2' }, undefined],
    ['for nobody', { LISTEN_FDS: '1' }, undefined],
    ['without a count', { LISTEN_PID: '4711' }, undefined],
    ['none', { LISTEN_PID: '4711', LISTEN_FDS: '0' }, undefined],
    ['a negative count', { LISTEN_PID: '4711', LISTEN_FDS: '-1' }, undefined],
    ['a count that is no number', { LISTEN_PID: '4711', LISTEN_FDS: '1x' }, undefined],
    ['a process that is no number', { LISTEN_PID: '4711x', LISTEN_FDS: '1' }, undefined],
  ])('%s', (_name, env, fd) => {
    expect(inheritedSocket(env, PID)).toBe(fd);
  });

  it('refuses to choose among several', () => {
    expect(() => inheritedSocket({ LISTEN_PID: '4711', LISTEN_FDS: '2' }, PID)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringMatching(/^2 sockets/) }),
    );
  });
});

it('withoutActivation takes away what is about our socket, and nothing else', () => {
  const env = {
    HOME: '/h',
    LISTEN_PID: '1',
    LISTEN_PIDFDID: '2',
    LISTEN_FDS: '1',
    LISTEN_FDNAMES: 'x',
    LISTEN_ELSE: 'y',
  };
  expect(withoutActivation(env)).toEqual({ HOME: '/h', LISTEN_ELSE: 'y' });
});
