/** The secret of a source, shown once, with the lines to paste into what sends. */
import type { MadeSource } from '@demarc/platform/contract/intake';
import { Alert, Button, CopyButton, Modal, Tabs } from '@mantine/core';
import { FILES, type Lines, linesOf } from './source-lines.ts';
import { SECRET_WORDS } from './sources-view.ts';

export function ShownOnce({ made, onClose }: { readonly made: MadeSource; readonly onClose: () => void }) {
  const { source, secret, endpoint, certificateAuthority } = made;
  const files = [
    [FILES.authority, certificateAuthority],
    [FILES.certificate, secret.certificate],
    [FILES.key, secret.privateKey],
  ] as const;
  const isEncrypted = /^(?:https|tls):/.test(endpoint);
  const word = SECRET_WORDS[source.settings.kind];
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      // What is shown once must not go away by a slip.
      closeOnClickOutside={false}
      title={`“${source.name}” is ready`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack" data-testid="shown-once">
        {word === undefined || Object.keys(secret).length === 0 ? null : (
          <Alert variant="light" title={`The ${word} is shown only now`}>
            The platform keeps no more of it than it needs to recognise it. If it is lost, make a new one.
          </Alert>
        )}
        {isEncrypted
          ? files.map(([name, text]) =>
              text === undefined ? null : <Copyable key={name} label={`Save as ${name}`} text={text} />,
            )
          : null}
        <PasteLines lines={linesOf(source.settings, endpoint, secret)} />
        <Button style={{ justifySelf: 'end' }} onClick={onClose}>
          I have it
        </Button>
      </div>
    </Modal>
  );
}

export function PasteLines({ lines }: { readonly lines: readonly Lines[] }) {
  const [first] = lines;
  if (first === undefined) return null;
  return (
    <Tabs defaultValue={first.title} keepMounted={false}>
      <Tabs.List>
        {lines.map(({ title }) => (
          <Tabs.Tab key={title} value={title}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {lines.map(({ title, into, text }) => (
        <Tabs.Panel key={title} value={title} pt="xs">
          <Copyable label={`Into ${into}`} text={text} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function Copyable({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="d-copyable">
      <div>
        <span className="d-quiet">{label}</span>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </div>
      <pre className="d-code" tabIndex={0} aria-label={label}>
        {text}
      </pre>
    </div>
  );
}
