/** Bringing a framework or a mapping: choose the file, see what is in it and what is wrong, then take it. */
import {
  FrameworkPreview,
  type Frameworks,
  ImportedFramework,
  ImportedMapping,
  MappingPreview,
} from '@demarc/platform/contract/assurance/frameworks';
import { Alert, Button, FileInput, Group, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { Failure } from '../parts/parts.tsx';
import { base64Of, type Format, formatOf, idOf } from './frameworks-view.ts';
import { useTenantId } from './queries.ts';

type Preview = Pick<FrameworkPreview, 'count' | 'skippedCount' | 'problemCount' | 'problems'> & {
  readonly lines: readonly (readonly string[])[];
};

const HEADINGS = {
  framework: ['Control', 'Title', 'Group'],
  mapping: ['From', 'Relationship', 'To'],
} as const;

export function ImportFile({
  kind,
  frameworks,
  onClose,
}: {
  readonly kind: 'framework' | 'mapping';
  readonly frameworks: Frameworks['frameworks'];
  /** With the framework to show, when something was taken. */
  readonly onClose: (imported: string | undefined) => void;
}) {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const brought = frameworks.filter(({ builtIn }) => !builtIn);
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<Format>('csv');
  const [sheet, setSheet] = useState('');
  const [frameworkId, setFrameworkId] = useState('');
  const [title, setTitle] = useState('');
  const [source, setSource] = useState(brought[0]?.frameworkId ?? 'demarc');
  const [target, setTarget] = useState(brought.length === 0 ? 'nist-800-53-r5' : 'demarc');
  const base = `/v1/tenants/${tenantId}/${kind === 'framework' ? 'frameworks' : 'framework-mappings'}`;

  const body = async (): Promise<Readonly<Record<string, unknown>>> => ({
    format,
    contentBase64: file === null ? '' : base64Of(new Uint8Array(await file.arrayBuffer())),
    ...(format === 'xlsx' && sheet !== '' ? { sheet } : {}),
    ...(kind === 'mapping' ? { sourceFrameworkId: source, targetFrameworkId: target } : {}),
  });
  const preview = useMutation({
    mutationFn: async (): Promise<Preview> => {
      if (kind === 'framework') {
        const seen = await post(`${base}/preview`, FrameworkPreview, await body());
        if (title === '') setTitle(seen.title);
        return { ...seen, lines: seen.sample.map((each) => [each.controlId, each.title, each.group]) };
      }
      const seen = await post(`${base}/preview`, MappingPreview, await body());
      return { ...seen, lines: seen.sample.map((each) => [each.sourceId, each.relationship, each.targetId]) };
    },
  });
  const take = useMutation({
    mutationFn: async (): Promise<string> => {
      if (kind === 'framework') {
        const named = { frameworkId, ...(title.trim() === '' ? {} : { title: title.trim() }) };
        await post(base, ImportedFramework, { ...(await body()), ...named });
        return frameworkId;
      }
      await post(base, ImportedMapping, await body());
      return frameworks.find((each) => each.frameworkId === source)?.builtIn === false ? source : target;
    },
    onSuccess: async (imported) => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onClose(imported);
    },
  });
  const choose = (chosen: File | null): void => {
    setFile(chosen);
    preview.reset();
    take.reset();
    if (chosen === null) return;
    setFormat(formatOf(chosen.name) ?? 'csv');
    if (frameworkId === '') setFrameworkId(idOf(chosen.name));
  };
  const changed = (change: () => void) => {
    change();
    preview.reset();
  };
  const both = frameworks.map((each) => ({ value: each.frameworkId, label: each.title }));
  const ready = preview.data?.problemCount === 0 && (kind === 'mapping' || frameworkId !== '');
  return (
    <Modal
      opened
      size="xl"
      onClose={() => onClose(undefined)}
      title={kind === 'framework' ? 'Import a framework' : 'Import a mapping'}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">
        <span className="d-quiet">
          {kind === 'framework'
            ? 'A table with a column for the id and one for the title (CSV or XLSX), or an OSCAL catalog. Bring only texts that you may use.'
            : 'A table with a column for the source and one for the target (CSV or XLSX), or an OSCAL mapping collection.'}
        </span>
        <FileInput
          label="File"
          placeholder="Choose a file of at most 8 MiB"
          accept=".csv,.tsv,.txt,.xlsx,.json"
          value={file}
          onChange={choose}
          required
        />
        <Group grow align="start">
          <NativeSelect
            label="It is"
            value={format}
            onChange={(event) => {
              const { value } = event.currentTarget;
              changed(() => setFormat(value as Format));
            }}
            data={[
              { value: 'csv', label: 'CSV' },
              { value: 'xlsx', label: 'XLSX' },
              { value: 'oscal', label: 'OSCAL JSON' },
            ]}
          />
          {format === 'xlsx' ? (
            <TextInput
              label="Sheet"
              placeholder="the first one"
              value={sheet}
              onChange={(event) => {
                const { value } = event.currentTarget;
                changed(() => setSheet(value));
              }}
            />
          ) : null}
        </Group>
        {kind === 'framework' ? (
          <Group grow align="start">
            <TextInput
              label="Short name"
              description="Small letters, digits, dots and dashes"
              value={frameworkId}
              onChange={(event) => setFrameworkId(event.currentTarget.value)}
              required
            />
            <TextInput
              label="Title"
              description="The file’s own where it has one"
              value={title}
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
          </Group>
        ) : (
          <Group grow align="start">
            <NativeSelect
              label="From"
              value={source}
              data={both}
              onChange={(event) => {
                const { value } = event.currentTarget;
                changed(() => setSource(value));
              }}
            />
            <NativeSelect
              label="To"
              value={target}
              data={both}
              onChange={(event) => {
                const { value } = event.currentTarget;
                changed(() => setTarget(value));
              }}
            />
          </Group>
        )}
        {preview.isError ? <Failure error={preview.error} /> : null}
        {take.isError ? <Failure error={take.error} /> : null}
        {preview.data === undefined ? null : <Seen kind={kind} preview={preview.data} />}
        <Group justify="flex-end">
          <Button
            variant={ready ? 'default' : 'filled'}
            disabled={file === null}
            loading={preview.isPending}
            onClick={() => preview.mutate()}
          >
            Look at it
          </Button>
          <Button disabled={!ready} loading={take.isPending} onClick={() => take.mutate()}>
            {preview.data === undefined ? 'Import' : `Import ${preview.data.count}`}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}

function Seen({ kind, preview }: { readonly kind: 'framework' | 'mapping'; readonly preview: Preview }) {
  const { count, skippedCount, problemCount, problems, lines } = preview;
  const what = kind === 'framework' ? 'controls' : 'relations';
  return (
    <div className="d-stack" data-testid="preview">
      {problemCount === 0 ? (
        <span role="status">
          {count} {what}, {skippedCount} empty rows left out. The first of them:
        </span>
      ) : (
        <Alert color="red" variant="light" role="alert" title={`${problemCount} cells cannot be taken`}>
          Correct them in the file and choose it again; nothing was written.
        </Alert>
      )}
      <div
        className="d-lines"
        style={{ maxHeight: '18rem', overflow: 'auto' }}
        tabIndex={0}
        role="region"
        aria-label="What is in the file"
      >
        <table>
          <thead>
            <tr>
              {(problemCount === 0 ? HEADINGS[kind] : ['Row', 'Column', 'What is wrong']).map((heading) => (
                <th key={heading} scope="col">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(problemCount === 0
              ? lines
              : problems.map(({ row, column, says }) => [String(row), column, says])
            ).map((cells) => (
              <tr key={cells.join('\u0000')}>
                {cells.map((cell, at) => (
                  // oxlint-disable-next-line react/no-array-index-key -- columns never move
                  <td key={at}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
