/** Dates: each with its zone, in the order in which things happen. */
import { listOf, nodeOf, our, textOf } from '../set.ts';
import { NS } from '../words.ts';
import { at, type Rule } from './rule.ts';

const DATED = ['valid-from', 'valid-to', 'as-of', 'known-at', 'declared-at', 'review-at'];
const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;
/** Of what has happened, and cannot be later than what the document is about. */
const PAST = ['collected', 'start', 'last-modified'];

export const dateRules: readonly Rule[] = [
  {
    id: 'date-zoned',
    says: 'Every instant is in UTC and says so.',
    *broken(set) {
      for (const found of set.keyed('props'))
        if (
          found.node['ns'] === NS &&
          DATED.includes(textOf(found.node, 'name')) &&
          !ZONED.test(textOf(found.node, 'value'))
        )
          yield at(found, textOf(found.node, 'value'));
      for (const doc of set.docs)
        for (const found of doc.all)
          for (const key of [...PAST, 'end', 'expires', 'deadline', 'date'])
            if (typeof found.node[key] === 'string' && !ZONED.test(textOf(found.node, key)))
              yield at({ ...found, doc }, `${key} ${textOf(found.node, key)}`);
    },
  },
  {
    id: 'date-past',
    says: 'What has happened has happened by the instant that the document is about.',
    *broken(set) {
      for (const doc of set.docs) {
        const asOf = Date.parse(our(nodeOf(doc.root, 'metadata'), 'as-of') ?? '');
        for (const found of doc.all)
          for (const key of PAST)
            if (Date.parse(textOf(found.node, key)) > asOf)
              yield at({ ...found, doc }, `${key} ${textOf(found.node, key)} is still to come`);
      }
    },
  },
  {
    id: 'date-known',
    says: 'The metadata’s date is the instant that the document is about.',
    *broken(set) {
      for (const doc of set.docs) {
        const metadata = nodeOf(doc.root, 'metadata');
        if (textOf(metadata, 'last-modified') !== our(metadata, 'as-of'))
          yield {
            file: doc.file,
            location: `/${doc.model}/metadata`,
            says: textOf(metadata, 'last-modified'),
          };
      }
    },
  },
  {
    id: 'expires-later',
    says: 'What expires was collected before.',
    *broken(set) {
      for (const found of set.keyed('observations'))
        if (Date.parse(textOf(found.node, 'expires')) <= Date.parse(textOf(found.node, 'collected')))
          yield at(
            found,
            `collected ${textOf(found.node, 'collected')}, expires ${textOf(found.node, 'expires')}`,
          );
    },
  },
  {
    id: 'interval-ordered',
    says: 'What ends begins before.',
    *broken(set) {
      for (const doc of set.docs)
        for (const found of doc.all) {
          const from = Date.parse(our(found.node, 'valid-from') ?? textOf(found.node, 'start'));
          const to = Date.parse(our(found.node, 'valid-to') ?? textOf(found.node, 'end'));
          if (to < from) yield at({ ...found, doc }, 'it ends before it begins');
          const deadline = Date.parse(textOf(found.node, 'deadline'));
          if (deadline < Date.parse(our(found.node, 'valid-from') ?? ''))
            yield at({ ...found, doc }, 'its deadline is before it begins');
        }
    },
  },
  {
    id: 'pass-expires',
    says: 'A pass expires; a failure does not.',
    *broken(set) {
      for (const found of set.keyed('observations')) {
        const result = our(found.node, 'result');
        if (result !== undefined && (result === 'pass') !== (textOf(found.node, 'expires') !== ''))
          yield at(found, `${result}, and it expires ${textOf(found.node, 'expires') || 'never'}`);
      }
    },
  },
  {
    id: 'milestone-dated',
    says: 'A milestone has a date and stands under an item’s remediation.',
    *broken(set) {
      for (const found of set.keyed('tasks'))
        if (
          found.node['type'] === 'milestone' &&
          (textOf(nodeOf(nodeOf(found.node, 'timing'), 'on-date'), 'date') === '' ||
            found.parent?.key !== 'remediations' ||
            listOf(found.parent.node, 'tasks').length === 0)
        )
          yield at(found, 'it has no date');
    },
  },
];
