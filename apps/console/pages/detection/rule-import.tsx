/** Bringing Sigma rules: choose files or a folder, see what would become of each rule, then take them. */
import { RulesImported } from '@demarc/platform/contract/detection';
import { Button, FileInput, Group, Modal, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { post } from '../../app/api.ts';
import { Failure } from '../../parts/parts.tsx';
import { counted } from '../../parts/words.ts';
import { useTenantId } from '../queries.ts';
import {
  added,
  chunksOf,
  type ImportedRules,
  importWords,
  isRuleFile,
  NOTHING,
  type RuleFile,
  refusedHere,
} from './import-view.ts';
import { Outcomes } from './rule-import-outcomes.tsx';

interface Chosen {
  readonly files: readonly RuleFile[];
  /** Files that are not YAML. */
  readonly leftOut: number;
}

export function ImportRules({ onClose }: { readonly onClose: () => void }) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<Chosen>();
  const [sent, setSent] = useState(0);
  const stopped = useRef(false);
  const chunks = chosen === undefined ? [] : chunksOf(chosen.files);

  const send = async (dryRun: boolean): Promise<ImportedRules> => {
    const refused = refusedHere(chosen?.files ?? []);
    let outcome: ImportedRules = { ...NOTHING, rules: [...refused], refusedCount: refused.length };
    setSent(0);
    stopped.current = false;
    for (const [index, files] of chunks.entries()) {
      if (stopped.current) break;
      // One after the other: what comes last refers to what came before.
      // oxlint-disable-next-line no-await-in-loop
      const answer = await post(`/v1/tenants/${tenantId}/rules/import`, RulesImported, { files, dryRun });
      outcome = added(outcome, answer);
      setSent(index + 1);
    }
    return outcome;
  };
  const look = useMutation({ mutationFn: () => send(true) });
  const take = useMutation({
    mutationFn: () => send(false),
    onSettled: () => queries.invalidateQueries({ queryKey: ['rules', tenantId] }),
  });
  const choose = async (list: readonly File[]): Promise<void> => {
    look.reset();
    take.reset();
    const rules = list.filter(({ name }) => isRuleFile(name));
    const files = await Promise.all(
      rules.map(async (file) => ({ file: file.webkitRelativePath || file.name, text: await file.text() })),
    );
    setChosen({ files, leftOut: list.length - rules.length });
  };
  const close = (): void => {
    stopped.current = true;
    onClose();
  };
  const busy = look.isPending || take.isPending;
  const seen = take.data ?? look.data;
  const count = (look.data?.newCount ?? 0) + (look.data?.changedCount ?? 0);
  return (
    <Modal
      opened
      size="80rem"
      onClose={close}
      title="Import rules"
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">
        <span className="d-quiet">
          Sigma rules, correlations and filters in YAML. Nothing is changed before you have seen what would
          be.
        </span>
        <Chooser chosen={chosen} busy={busy} onChoose={(files) => void choose(files)} />
        {busy ? (
          <div role="status">
            {take.isPending ? 'Importing' : 'Looking'}: {sent} of {counted(chunks.length, 'part')} of at most
            8 MiB
            <Progress
              value={(sent / Math.max(1, chunks.length)) * 100}
              aria-label="How much of it is done"
              transitionDuration={0}
            />
          </div>
        ) : null}
        {look.isError ? <Failure error={look.error} /> : null}
        {take.isError ? <Failure error={take.error} /> : null}
        {seen === undefined ? null : (
          <Outcomes
            seen={seen}
            says={
              take.data === undefined
                ? `Would be imported: ${importWords(seen)}.`
                : `Imported: ${importWords(seen)}. Events from now on are looked at by them.`
            }
          />
        )}
        <Group justify="flex-end">
          {take.data === undefined ? (
            <>
              <Button
                variant={look.data === undefined ? 'filled' : 'default'}
                disabled={chosen === undefined || chosen.files.length === 0 || take.isPending}
                loading={look.isPending}
                onClick={() => look.mutate()}
              >
                Look at it
              </Button>
              <Button
                disabled={count === 0 || look.isPending}
                loading={take.isPending}
                onClick={() => take.mutate()}
              >
                {look.data === undefined ? 'Import' : `Import ${counted(count, 'rule')}`}
              </Button>
            </>
          ) : (
            <Button onClick={close}>Done</Button>
          )}
        </Group>
      </div>
    </Modal>
  );
}

function Chooser({
  chosen,
  busy,
  onChoose,
}: {
  readonly chosen: Chosen | undefined;
  readonly busy: boolean;
  readonly onChoose: (files: readonly File[]) => void;
}) {
  const folder = useRef<HTMLInputElement>(null);
  return (
    <>
      <Group align="flex-end">
        <FileInput
          label="Files"
          placeholder="Choose .yml files"
          accept=".yml,.yaml"
          multiple
          disabled={busy}
          style={{ flex: 1, minWidth: '14rem' }}
          onChange={(files) => onChoose(files)}
        />
        <Button variant="default" disabled={busy} onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
        <input
          ref={(element) => {
            folder.current = element;
            // Not an attribute that React knows.
            element?.setAttribute('webkitdirectory', '');
          }}
          type="file"
          hidden
          aria-label="Folder with rules"
          onChange={(event) => onChoose([...(event.currentTarget.files ?? [])])}
        />
      </Group>
      {chosen === undefined ? null : (
        <span role="status">
          {counted(chosen.files.length, 'file')} chosen
          {chosen.leftOut === 0 ? '' : `; ${chosen.leftOut} that are not YAML are left out`}.
        </span>
      )}
    </>
  );
}
