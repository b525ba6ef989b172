import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './rate.ts';

test('over a long time no more passes than the rate, and one that is alone passes as a whole', (t: TestContext) => {
  let now = 0;
  const bucket = new TokenBucket({ eventsPerSecond: 10, bytesPerSecond: 1_000_000 }, () => now);
  t.assert.ok(bucket.take(1_000, 10), 'a large request is taken or refused as a whole');
  t.assert.ok(!bucket.take(1, 10));
  now += bucket.waitMs;
  t.assert.ok(bucket.take(1, 10));
  fc.assert(
    fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 200 }), (pauses) => {
      const from = now;
      const fresh = new TokenBucket({ eventsPerSecond: 10, bytesPerSecond: 1_000_000 }, () => now);
      let taken = 0;
      for (const milliseconds of pauses) {
        now += milliseconds;
        if (fresh.take(3, 1)) taken += 3;
      }
      return taken <= 20 + ((now - from) / 1_000) * 10 + 3;
    }),
  );
});

test('bytes are limited as events are, and a clock that stands still gives nothing', (t: TestContext) => {
  const bucket = new TokenBucket({ eventsPerSecond: 1_000, bytesPerSecond: 1_024 }, () => 5);
  t.assert.ok(bucket.take(1, 4_096));
  t.assert.ok(!bucket.take(1, 1));
  t.assert.ok(bucket.waitMs > 1_000);
});
