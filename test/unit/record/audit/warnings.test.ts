import { expect, it } from 'vitest';
import { Audited, newLog } from './audited.ts';

const warned = (target: string, warning: string) => {
  const { log, kept } = newLog();
  new Audited(log, target, { method: 'POST', body: '{}' })
    .answer(201, { fields: ['Warning', `299 - "${warning}"`] })
    .end();
  return kept.events.at(-1)?.annotations['porthole/warnings'];
};

it.each([
  String.raw`unknown field \"passwd:CANARY\"`,
  'a policy would have denied the request: CANARY is too weak',
  'data.a: Invalid value: CANARY: too weak',
])('a warning about a Secret quotes nothing of it: %s', (warning) => {
  const shown = warned('/api/v1/namespaces/default/secrets', warning);
  expect(shown).toContain('299 - ');
  expect(shown).toContain('<masked>');
  expect(shown).not.toContain('CANARY');
});

it('a warning about something else is shown as it is', () => {
  const warning = 'spec.replicas: Invalid value: -1';
  expect(warned('/apis/apps/v1/deployments', warning)).toBe(`299 - "${warning}"`);
});
