import { describe, expect, it } from 'vitest';
import { selectorOf } from '../../../src/demo/selector.ts';

const object = {
  metadata: { name: 'web-0', namespace: 'project1', labels: { app: 'web', 'a.b/c': '' } },
};
const unlabelled = { metadata: { name: 'bare', namespace: undefined } };

describe('labelSelector', () => {
  const cases: [selector: string, labelled: boolean, unlabelled: boolean][] = [
    ['', true, true],
    ['app=web', true, false],
    ['app==web', true, false],
    ['app = web', true, false],
    ['app=other', false, false],
    ['app!=web', false, true],
    ['app!=other', true, true],
    ['app', true, false],
    ['!app', false, true],
    ['a.b/c=', true, false],
    ['app=web,a.b/c', true, false],
    ['app=web,tier=front', false, false],
  ];
  it.each(cases)('%j selects the labelled: %s, the unlabelled: %s', (selector, yes, no) => {
    const selects = selectorOf(new URLSearchParams({ labelSelector: selector }));
    expect([selects(object), selects(unlabelled)]).toEqual([yes, no]);
  });
});

describe('fieldSelector', () => {
  const cases: [selector: string, selected: boolean][] = [
    ['metadata.name=web-0', true],
    ['metadata.name==web-1', false],
    ['metadata.name!=web-1', true],
    ['metadata.namespace=project1,metadata.name=web-0', true],
    ['metadata.namespace=default', false],
  ];
  it.each(cases)('%j selects: %s', (selector, selected) => {
    const selects = selectorOf(new URLSearchParams({ fieldSelector: selector }));
    expect(selects(object)).toBe(selected);
  });
});

// To ignore one would select too much.
describe('a selector that is not understood', () => {
  const cases: [parameter: string, selector: string][] = [
    ['labelSelector', 'app in (web)'],
    ['labelSelector', 'app>1'],
    ['labelSelector', '!app=web'],
    ['labelSelector', '=web'],
    ['fieldSelector', 'status.phase=Running'],
    ['fieldSelector', 'metadata.name'],
  ];
  it.each(cases)('is refused: %s=%s', (parameter, selector) => {
    const query = new URLSearchParams({ [parameter]: selector });
    expect(() => selectorOf(query)).toThrow(expect.objectContaining({ code: 400 }));
  });
});
