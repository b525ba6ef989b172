import { type TestContext, test } from 'node:test';
import { readSettings } from './config.ts';

test('defaults are a working set', (t: TestContext) => {
  const { settings } = readSettings({}, '/data');
  t.assert.equal(settings.DEMARC_DATA_DIR, '/data');
  t.assert.deepEqual(settings.DEMARC_API_LISTEN, { host: '127.0.0.1', port: 8420 });
  t.assert.equal(settings.DEMARC_POSTGRES_URL, undefined);
});

test('a setting nobody knows is refused', (t: TestContext) => {
  t.assert.throws(() => readSettings({ DEMARC_PORT: '1' }, '/data'), { code: 'CONFIG_UNKNOWN_SETTING' });
});

test('a setting that cannot be understood is refused by name', (t: TestContext) => {
  t.assert.throws(() => readSettings({ DEMARC_API_LISTEN: 'here' }, '/data'), /DEMARC_API_LISTEN/);
});

test('secrets are masked where settings are printed', (t: TestContext) => {
  const { printed } = readSettings({ DEMARC_POSTGRES_URL: 'postgres://u:hunter2@db/x' }, '/data');
  t.assert.doesNotMatch(JSON.stringify(printed), /hunter2/);
});
