import { judgeAccepted } from './accepted.ts';
import { judgeAnswers } from './answers.ts';
import type { Lane, Observation } from './lane.ts';
import { type Find, judgeLedger } from './ledger.ts';
import { judgeForwarded, type Readers } from './requests.ts';

/** All that is wrong with what became of a case. */
export async function judge(seen: Observation, lane: Lane, readers: Readers): Promise<Find[]> {
  const finds = await Promise.all([
    judgeForwarded(seen, readers),
    judgeAccepted(seen, readers),
    judgeAnswers(seen, readers),
  ]);
  const secrets = lane
    .secretsIn(seen.received)
    .map((detail) => ({ rule: 'no secret gets out', detail }));
  return [...judgeLedger(seen), ...finds.flat(), ...secrets];
}
