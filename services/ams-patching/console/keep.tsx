/** The end of a form: what its draft lacks, what went wrong, and the button that sends it. */
import { useAct } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';

export function Keep<Body>({
  tools,
  label,
  result,
  send,
}: {
  readonly tools: ConsoleTools;
  readonly label: string;
  readonly result: { readonly missing: string } | { readonly body: Body };
  readonly send: (body: Body) => Promise<unknown>;
}) {
  const { Button, Failure } = tools.parts;
  const { busy, failure, run } = useAct();
  return (
    <>
      {'missing' in result ? (
        <p role="status" className="d-quiet">
          {result.missing}
        </p>
      ) : null}
      {failure === undefined ? null : <Failure error={failure} />}
      <div className="d-toolbar">
        <Button
          kind="main"
          busy={busy}
          disabled={'missing' in result}
          onClick={() => run(async () => 'missing' in result || send(result.body))}
        >
          {label}
        </Button>
      </div>
    </>
  );
}
