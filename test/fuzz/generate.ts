import fc from 'fast-check';
import { mutationsOf } from '../support/mutations.ts';
import type { FuzzCase, ScriptedAnswer, Way } from './case.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';
import {
  ANSWER_SEEDS,
  GOOD_SEEDS,
  LASTING_SEEDS,
  REJECTIONS,
  REQUEST_SEEDS,
  SWITCHES,
  UPGRADE_SEEDS,
} from './seeds.ts';
import { ANSWER, REQUESTS } from './structured.ts';

const LEAVES = [...Array<'end'>(6).fill('end'), 'stay', 'reset'] as const;
const LEAVES_WATCHES = ['stay', 'stay', 'stay', 'end', 'reset'] as const;

/** One of fast-check's texts. */
function madeBy(arbitrary: fc.Arbitrary<string>, random: Random): string {
  return fc.sample(arbitrary, { seed: random.below(2 ** 31), numRuns: 1 })[0] ?? '';
}

const CHANGED = mutationsOf(REQUEST_SEEDS);

/** The case of a seed that has this number: it depends on nothing else but how the API server is spoken to. */
export function caseAt(seed: number, number: number, way: Way): FuzzCase {
  const random = new Random(seed, number);
  switch (random.below(16)) {
    case 0:
      return switching(way, random);
    case 1:
      return unasked(way, random);
    case 2:
      return overtaken(way, random);
    default:
      return either(way, clientBytes(way, random), [], random);
  }
}

/** `answers` come before those that are made up. */
function either(way: Way, client: string, answers: ScriptedAnswer[], random: Random): FuzzCase {
  const more = Array.from({ length: random.of([0, 0, 1, 1, 1, 2, 3]) }, () => answer(random));
  if (way === 'renewing' && !random.once(3))
    answers.push(scripted(changed(REJECTIONS, random), random));
  return {
    client,
    cuts: random.once(2) ? [] : random.places(client.length, random.of([1, 2, 8])),
    // Who ends its side of a watch has left.
    leave: random.of(/watch|follow/.test(client) ? LEAVES_WATCHES : LEAVES),
    way,
    answers: [...answers, ...more],
  };
}

function switching(way: Way, random: Random): FuzzCase {
  const switches = scripted(changed(SWITCHES, random), random);
  return either(way, changed(UPGRADE_SEEDS, random), [switches], random);
}

/** More comes than was asked for. */
function unasked(way: Way, random: Random): FuzzCase {
  const client = [1, 2, 3].map(() => random.of(GOOD_SEEDS)).join('');
  const bytes = random.of(ANSWER_SEEDS) + changed(ANSWER_SEEDS, random);
  return either(way, client, [{ ...scripted(bytes, random), after: 'keep' }], random);
}

/** An answer comes before its request is complete. */
function overtaken(way: Way, random: Random): FuzzCase {
  const client = changed(GOOD_SEEDS, random) + random.of(GOOD_SEEDS);
  const early = { ...scripted(changed(ANSWER_SEEDS, random), random), early: true };
  const made = either(way, client, [early], random);
  return { ...made, slow: true, cuts: random.places(client.length, 3) };
}

function clientBytes(way: Way, random: Random): string {
  // By HTTP/2 goes only what lasts.
  if (way === 'HTTP/2' && !random.once(3)) return changed(LASTING_SEEDS, random);
  switch (random.below(8)) {
    case 0:
      return random.of(REQUEST_SEEDS);
    case 1:
      return madeBy(CHANGED, random);
    case 2:
      return mutated(madeBy(REQUESTS, random), random);
    case 3:
      return random.of(GOOD_SEEDS) + mutated(random.of(REQUEST_SEEDS), random);
    case 4:
      return mutated(random.of(REQUEST_SEEDS), random) + random.of(REQUEST_SEEDS);
    case 5:
      return mutated(random.of(REQUEST_SEEDS), random);
    default:
      return madeBy(REQUESTS, random);
  }
}

/** One of `seeds`, now and then changed. */
function changed(seeds: readonly string[], random: Random): string {
  const seed = random.of(seeds);
  return random.once(4) ? mutated(seed, random) : seed;
}

function answer(random: Random): ScriptedAnswer {
  const well = random.once(2) ? random.of(ANSWER_SEEDS) : madeBy(ANSWER, random);
  return scripted(random.once(3) ? well : mutated(well, random), random);
}

function scripted(bytes: string, random: Random): ScriptedAnswer {
  return {
    bytes,
    cuts: random.once(2) ? [] : random.places(bytes.length, random.of([1, 2, 8])),
    after: random.of(['keep', 'keep', 'end', 'end', 'end', 'reset']),
    early: random.once(5),
  };
}
