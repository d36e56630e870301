import { describe, expect, it } from 'vitest';
import type {
  Credential,
  CredentialSource,
  Obtained,
} from '../../../src/credentials/credentials.ts';
import { RefreshingCredentials } from '../../../src/credentials/refreshing.ts';
import { PortholeError } from '../../../src/errors.ts';

const START = Date.parse('2026-11-23T10:00:00Z');

const bearer = (token: string): Credential => ({
  authorization: `Bearer ${token}`,
  clientCertificate: undefined,
});

/** A source whose attempts end when the test says so, and clocks that stand still until then. */
function setup(waitMs = 0) {
  const attempts: {
    resolve: (obtained: Obtained) => void;
    reject: (error: unknown) => void;
  }[] = [];
  const told: string[] = [];
  const changes: Credential[] = [];
  const clock = { wall: START, monotonic: 0 };
  const source: CredentialSource = {
    kind: 'exec plugin',
    name: 'exec plugin "p"',
    waitMs,
    waitMessage: 'it waits for somebody',
    obtain: () => new Promise((resolve, reject) => attempts.push({ resolve, reject })),
    close: () => told.push('closed'),
  };
  const credentials = new RefreshingCredentials({
    source,
    clientCertificate: undefined,
    now: () => clock.wall,
    monotonic: () => clock.monotonic,
    inform: (sentence) => told.push(sentence),
    warn: (sentence) => told.push(`warning: ${sentence}`),
    onChange: (credential) => changes.push(credential),
  });
  return {
    attempts,
    told,
    changes,
    credentials,
    pass(ms: number) {
      clock.wall += ms;
      clock.monotonic += ms;
    },
    setWall(ms: number) {
      clock.wall = ms;
    },
    /** Ends the latest attempt with a token that lives for `life` ms, or for ever. */
    async give(token: string, life?: number) {
      const expiresAt = life === undefined ? undefined : clock.wall + life;
      attempts.at(-1)?.resolve({ credential: bearer(token), expiresAt });
      await settled();
    },
    async failWith(message: string) {
      attempts.at(-1)?.reject(new PortholeError('ERR_CREDENTIALS', message));
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function rejection(promise: unknown): Promise<PortholeError> {
  const error = await Promise.resolve(promise).catch((thrown: unknown) => thrown);
  if (error instanceof PortholeError) return error;
  throw new Error('it did not fail');
}

describe('credentials that a source hands out', () => {
  it('are obtained by the first request, once for all who wait, and are a plain value from then on', async () => {
    const { credentials, attempts, give, changes, told } = setup();
    expect(attempts).toHaveLength(0);
    const waiting = [credentials.current(), credentials.current(), credentials.current()];
    expect(attempts).toHaveLength(1);
    expect(credentials.busy).toBe(true);
    await give('a', 3_600_000);
    const [first] = await Promise.all(waiting);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => bearer('a')));
    expect(credentials.current()).toBe(first);
    expect(changes).toEqual([first]);
    expect(told).toEqual([
      'obtained credentials: exec plugin "p", in 0 s, good until 2026-11-23T11:00:00Z',
    ]);
    expect(credentials.busy).toBe(false);
  });

  it('without a date are good until a 401', async () => {
    const { credentials, attempts, give, pass } = setup();
    void credentials.current();
    await give('a');
    pass(400 * 24 * 3_600_000);
    expect(credentials.current()).toEqual(bearer('a'));
    expect(attempts).toHaveLength(1);
  });

  it.each([
    ['the last minute of a long life', 3_600_000, 3_600_000 - 60_000],
    ['the last tenth of a short one', 100_000, 90_000],
  ])(
    'are renewed in the background by a request in %s, while the old one serves',
    async (_, life, from) => {
      const { credentials, attempts, give, pass } = setup();
      void credentials.current();
      await give('a', life);
      pass(from - 1);
      expect(credentials.current()).toEqual(bearer('a'));
      expect(attempts).toHaveLength(1);
      pass(1);
      expect(credentials.current()).toEqual(bearer('a'));
      expect(credentials.current()).toEqual(bearer('a'));
      expect(attempts).toHaveLength(2);
      await give('b', life);
      expect(credentials.current()).toEqual(bearer('b'));
    },
  );

  it('are waited for once they have expired', async () => {
    const { credentials, attempts, give, pass } = setup();
    void credentials.current();
    await give('a', 100_000);
    pass(100_000);
    const waiting = credentials.current();
    expect(waiting).toBeInstanceOf(Promise);
    await give('b', 100_000);
    expect(await waiting).toEqual(bearer('b'));
    expect(attempts).toHaveLength(2);
  });

  it('serve to their end when the renewal ahead fails, which is not tried again for each request', async () => {
    const { credentials, attempts, give, failWith, pass, told } = setup();
    void credentials.current();
    await give('a', 100_000);
    pass(91_000);
    void credentials.current();
    await failWith('no network');
    for (let i = 0; i < 5; i++) expect(credentials.current()).toEqual(bearer('a'));
    expect(attempts).toHaveLength(2);
    expect(told.at(-1)).toBe(
      'warning: no network; the next attempt is made in 1 s at the earliest',
    );
    pass(1_000);
    expect(credentials.current()).toEqual(bearer('a'));
    expect(attempts).toHaveLength(3);
  });

  it('make requests fail with the last words for 1, 2, 4 ... 60 s after a failure, and recover', async () => {
    const { credentials, attempts, give, failWith, pass } = setup();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const waiting = credentials.current();
      await failWith('exit code 1: log in first');
      waits.push((await rejection(waiting)).retryAfter ?? 0);
      const refused = await rejection(credentials.current());
      expect(refused.message).toBe('exit code 1: log in first');
      expect(refused.status).toBe(503);
      expect(attempts).toHaveLength(i + 1);
      pass((waits.at(-1) ?? 0) * 1000 - 500);
      expect((await rejection(credentials.current())).retryAfter).toBe(1);
      pass(500);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    const waiting = credentials.current();
    await give('a');
    expect(await waiting).toEqual(bearer('a'));
    expect(credentials.state.failure).toBeUndefined();
  });

  it('are tried for at once after a failure when the operator says so', async () => {
    const { credentials, attempts, failWith, give } = setup();
    void Promise.resolve(credentials.current()).catch(() => {});
    await failWith('no');
    credentials.retry();
    const waiting = credentials.current();
    expect(attempts).toHaveLength(2);
    await give('a');
    expect(await waiting).toEqual(bearer('a'));
  });

  it('C24: a date that is past on arrival starts no loop; the 401 is what counts', async () => {
    const { credentials, attempts, give, pass } = setup();
    const waiting = credentials.current();
    await give('a', -3_600_000);
    const held = await waiting;
    for (let second = 0; second < 59; second++) {
      expect(credentials.current()).toBe(held);
      pass(1_000);
    }
    expect(attempts).toHaveLength(1);
    const renewing = credentials.renew(held);
    await give('b', -3_600_000);
    expect(await renewing).toEqual(bearer('b'));
  });

  it('C24: one that lives for a moment is asked for once a second at most', async () => {
    const { credentials, attempts, give, pass } = setup();
    void credentials.current();
    await give('a', 5);
    for (let i = 0; i < 99; i++) {
      pass(9);
      void credentials.current();
      if (credentials.busy) await give(`a${i}`, 5);
    }
    expect(attempts.length).toBe(1);
    pass(200);
    void credentials.current();
    expect(attempts.length).toBe(2);
  });

  it('C24: follow the wall clock, which goes on while a machine sleeps', async () => {
    const { credentials, give, setWall } = setup();
    void credentials.current();
    await give('a', 3_600_000);
    setWall(START + 8 * 3_600_000);
    expect(credentials.current()).toBeInstanceOf(Promise);
  });
});

describe('after a 401', () => {
  it('renews once for all who ask, also for those who come with the old one later', async () => {
    const { credentials, attempts, give } = setup();
    const waiting = credentials.current();
    await give('a');
    const old = await waiting;
    const renewing = Array.from({ length: 200 }, () => credentials.renew(old));
    expect(attempts).toHaveLength(2);
    await give('b');
    expect(new Set(await Promise.all(renewing))).toEqual(new Set([credentials.current()]));
    expect(await credentials.renew(old)).toEqual(bearer('b'));
    expect(attempts).toHaveLength(2);
  });

  it('finds no other one when the source gives the same again, or fails', async () => {
    const { credentials, give, failWith, pass, changes } = setup();
    const waiting = credentials.current();
    await give('a');
    const old = await waiting;
    const same = credentials.renew(old);
    await give('a');
    expect(await same).toBeUndefined();
    expect(credentials.current()).toBe(old);
    expect(changes).toHaveLength(1);
    pass(1_000);
    const failing = credentials.renew(old);
    await failWith('gone');
    expect(await failing).toBeUndefined();
    expect(credentials.current()).toBe(old);
  });

  it('C14: does not loop while the new ones are refused too', async () => {
    const { credentials, attempts, give, pass } = setup();
    void credentials.current();
    await give('0');
    const runs: number[] = [];
    for (let second = 0; second < 130; second++) {
      const held = credentials.current();
      if (held instanceof Promise) throw new Error('there is one');
      const renewing = credentials.renew(held);
      if (credentials.busy) {
        runs.push(second);
        await give(String(second + 1));
      }
      await renewing;
      pass(1_000);
    }
    expect(runs).toEqual([0, 1, 3, 7, 15, 31, 63, 123]);
    expect(attempts).toHaveLength(runs.length + 1);
  });

  it('renews at once again when the API server has accepted the one before for a while', async () => {
    const { credentials, attempts, give, pass } = setup();
    const waiting = credentials.current();
    await give('0');
    await waiting;
    expect(credentials.accepted).toBeUndefined();
    for (let i = 1; i < 6; i++) {
      const held = credentials.current() as Credential;
      const renewing = credentials.renew(held);
      await give(String(i));
      const renewed = await renewing;
      expect(renewed).toEqual(bearer(String(i)));
      expect(credentials.accepted).toBeDefined();
      credentials.accepted?.(renewed as Credential);
      expect(credentials.accepted).toBeDefined();
      pass(30_000);
      credentials.accepted?.(held);
      expect(credentials.accepted).toBeDefined();
      credentials.accepted?.(renewed as Credential);
      expect(credentials.accepted).toBeUndefined();
    }
    expect(attempts).toHaveLength(6);
  });
});

describe('a plugin that waits for somebody', () => {
  it('goes on while the requests that wait for it are told so', async () => {
    const { credentials, attempts, give } = setup(5);
    const error = await rejection(credentials.current());
    expect(error).toMatchObject({
      code: 'ERR_CREDENTIALS_TIMEOUT',
      message: 'it waits for somebody',
    });
    expect(credentials.busy).toBe(true);
    const waiting = credentials.current();
    await give('a');
    expect(await waiting).toEqual(bearer('a'));
    expect(attempts).toHaveLength(1);
  });
});

it.each([1e21, -1e21, Number.POSITIVE_INFINITY])(
  'a date that no Date can hold, %s, is no failure',
  async (expiresAt) => {
    const { credentials, attempts, told } = setup();
    const current = credentials.current();
    attempts[0]?.resolve({ credential: bearer('a'), expiresAt });
    expect(await current).toEqual(bearer('a'));
    expect(credentials.state.failure).toBeUndefined();
    expect(new Date(credentials.state.expiresAt ?? Number.NaN).toISOString()).toContain('T');
    expect(told).toHaveLength(1);
  },
);

it('tells its state without a secret', async () => {
  const { credentials, give, failWith, pass } = setup();
  expect(credentials.state).toEqual({
    kind: 'exec plugin',
    expiresAt: undefined,
    renewedAt: undefined,
    tookMs: undefined,
    failure: undefined,
  });
  void credentials.current();
  pass(250);
  await give('s3cret', 100_000);
  expect(credentials.state).toMatchObject({
    renewedAt: START + 250,
    expiresAt: START + 250 + 100_000,
    tookMs: 250,
  });
  pass(95_000);
  void credentials.current();
  await failWith('no network');
  expect(credentials.state.failure).toEqual({ at: START + 95_250, message: 'no network' });
  expect(JSON.stringify(credentials.state)).not.toContain('s3cret');
  credentials.close();
});
