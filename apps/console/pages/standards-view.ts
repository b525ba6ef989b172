/** A standard as people type it: one line for each thing. Pure. */
import type { DesignReference } from '@demarc/platform/contract/assurance/workbook';
import { designsOf } from './workbook-view.ts';

export interface StandardForm {
  readonly standardId: string;
  readonly version: string;
  readonly title: string;
  readonly useCase: string;
  readonly requirements: string;
  /** `VMS-09 interval=1 h; paths=/etc`, one control a line. */
  readonly controls: string;
  readonly hld: string;
  readonly lld: string;
}

export interface TypedStandard {
  readonly standardId: string;
  readonly version: string;
  readonly title: string;
  readonly useCase: string;
  readonly requirements: readonly string[];
  readonly controls: readonly { readonly controlId: string; readonly parameters: Record<string, string> }[];
  readonly hld: readonly DesignReference[];
  readonly lld: readonly DesignReference[];
}

export const EMPTY_STANDARD: StandardForm = {
  standardId: '',
  version: '1.0',
  title: '',
  useCase: '',
  requirements: '',
  controls: '',
  hld: '',
  lld: '',
};

const lines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The standard, or the line that cannot be read. */
export function standardOf(
  form: StandardForm,
): { readonly standard: TypedStandard } | { readonly because: string } {
  const controls: { controlId: string; parameters: Record<string, string> }[] = [];
  for (const line of lines(form.controls)) {
    const [, controlId, rest = ''] = /^([A-Z]{3}-\d{2})(?:\s+(.*))?$/.exec(line) ?? [];
    if (controlId === undefined) return { because: `“${line}” does not begin with a control such as VMS-09` };
    const parameters: Record<string, string> = {};
    for (const part of rest.split(';').map((each) => each.trim())) {
      if (part === '') continue;
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
      if (name === undefined || value === undefined)
        return { because: `“${part}” is no parameter of the form name=value` };
      parameters[name.trim()] = value.trim();
    }
    controls.push({ controlId, parameters });
  }
  return {
    standard: {
      standardId: form.standardId.trim(),
      version: form.version.trim(),
      title: form.title.trim(),
      useCase: form.useCase.trim(),
      requirements: lines(form.requirements),
      controls,
      hld: designsOf(form.hld),
      lld: designsOf(form.lld),
    },
  };
}
