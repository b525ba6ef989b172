import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import { type CliConfig } from '../config.ts';
import { GROUPS, groupsFor } from './all.ts';

const deps = { config: {} as CliConfig, output: { json: false } };

async function wordsOf(groups: typeof GROUPS): Promise<readonly string[]> {
  const program = new Command('demarc');
  for (const group of groups) (await group.load()).register(program, deps);
  const below = (parent: Command, path: string): readonly string[] =>
    parent.commands.flatMap((command) => {
      const name = `${path} ${command.name()}`.trim();
      return [name, ...below(command, name)];
    });
  return below(program, '');
}

test('a command that is loaded alone has all that it has among the others', async (t: TestContext) => {
  const all = await wordsOf(GROUPS);
  const words = [...new Set(all.map((path) => path.split(' ')[0] ?? ''))];
  t.assert.deepEqual([...words].sort(), [...new Set(GROUPS.flatMap((group) => group.words))].sort());
  for (const word of words) {
    const alone = await wordsOf(groupsFor([word]));
    const wanted = all.filter((path) => path.split(' ')[0] === word);
    t.assert.deepEqual(
      alone.filter((path) => path.split(' ')[0] === word).toSorted(),
      wanted.toSorted(),
      word,
    );
  }
});

test('no command, or one that nobody knows, has the help of all', (t: TestContext) => {
  for (const words of [[], ['--help'], ['--json', 'wish']]) t.assert.equal(groupsFor(words), GROUPS);
  t.assert.ok(groupsFor(['--json', 'up']).length === 1);
  for (const words of [['--version'], ['--print-config', '--json']]) t.assert.deepEqual(groupsFor(words), []);
  t.assert.ok(groupsFor(['sigma', 'test', '--version']).length === 1);
});
