import { type TestContext, test } from 'node:test';
import { PublishStandard } from '@demarc/platform/contract/assurance/workbook';
import { EMPTY_STANDARD, standardOf } from './standards-view.ts';

const form = { ...EMPTY_STANDARD, standardId: 'hardened-linux', title: 'Hardened', useCase: 'servers' };

test('a standard as it is typed is one that the API takes', (t: TestContext) => {
  const read = standardOf({
    ...form,
    requirements: 'one\n\n two ',
    controls: 'VMS-09 interval=1 h; paths=/etc=x\nGOV-03\n',
    hld: 'HLD-7#3.2',
  });
  t.assert.ok('standard' in read);
  const parsed = PublishStandard.parse(read.standard);
  t.assert.deepEqual(parsed.requirements, ['one', 'two']);
  t.assert.deepEqual(
    parsed.controls.map(({ controlId, parameters }) => [controlId, parameters]),
    [
      ['VMS-09', { interval: '1 h', paths: '/etc=x' }],
      ['GOV-03', {}],
    ],
  );
});

test('a line that cannot be read is named', (t: TestContext) => {
  for (const [controls, says] of [
    ['vms-09', /vms-09/],
    ['VMS-09 interval', /interval/],
  ] as const) {
    const read = standardOf({ ...form, controls });
    t.assert.ok('because' in read);
    t.assert.match(read.because, says);
  }
});
