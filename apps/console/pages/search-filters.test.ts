import { type TestContext, test } from 'node:test';
import { fieldsOf, filtersOf, textOfFilters } from './search-filters.ts';

test('filters come back from the address as they were', (t: TestContext) => {
  const filters = [
    { field: 'file.path', op: 'eq', value: '/etc/a=b' },
    { field: 'severity_id', op: 'ne', value: '1' },
  ] as const;
  t.assert.deepEqual(filtersOf(textOfFilters(filters)), filters);
  t.assert.deepEqual(filtersOf('nonsense'), []);
  t.assert.equal(textOfFilters([]), undefined);
});

test('the fields people look at first are read at their paths', (t: TestContext) => {
  t.assert.deepEqual(fieldsOf({ file: { path: '/a' }, severity_id: 2, device: null }), [
    ['file.path', '/a'],
    ['severity_id', '2'],
  ]);
});
