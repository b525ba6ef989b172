/** Events that somebody pastes: one object, a list, or one a line. Pure. */
import type { JsonObject } from './json.ts';

export const TRIED_EVENTS_MAX = 100;

export type Pasted =
  | { readonly events: readonly JsonObject[] }
  | { readonly line: number; readonly because: string };

export function eventsOf(text: string): Pasted {
  const whole = parsed(text);
  if (whole !== undefined) {
    const list = Array.isArray(whole) ? (whole as readonly unknown[]) : [whole];
    const wrong = list.findIndex((each) => !isObject(each));
    if (wrong >= 0) return { line: 1, because: `Entry ${wrong + 1} is not an object.` };
    return bounded(list as readonly JsonObject[]);
  }
  const events: JsonObject[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const event = parsed(line);
    if (!isObject(event)) return { line: index + 1, because: 'This line is not an object in JSON.' };
    events.push(event);
  }
  return bounded(events);
}

function bounded(events: readonly JsonObject[]): Pasted {
  if (events.length === 0) return { line: 1, because: 'There is no event.' };
  if (events.length > TRIED_EVENTS_MAX)
    return { line: 1, because: `${events.length} events; ${TRIED_EVENTS_MAX} are tried at once.` };
  return { events };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the panel begins with: something that can be tried at once. */
export const EXAMPLE_RULE = `title: Shell started by a web server
logsource:
  product: linux
  category: process_creation
detection:
  selection:
    ParentImage|endswith:
      - '/nginx'
      - '/apache2'
    Image|endswith:
      - '/sh'
      - '/bash'
  condition: selection
level: high
`;

export const EXAMPLE_EVENT =
  '{"ParentImage": "/usr/sbin/nginx", "Image": "/bin/sh", "CommandLine": "sh -c id", "User": "www-data"}\n';
