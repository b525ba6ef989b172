/** MITRE ATT&CK as Sigma tags name it (`attack.t1098.004`, `attack.persistence`), as OCSF `attack` objects. */

const TACTICS: Readonly<Record<string, string>> = {
  reconnaissance: 'TA0043',
  'resource-development': 'TA0042',
  'initial-access': 'TA0001',
  execution: 'TA0002',
  persistence: 'TA0003',
  'privilege-escalation': 'TA0004',
  stealth: 'TA0005',
  // Its name until ATT&CK 19.
  'defense-evasion': 'TA0005',
  'defense-impairment': 'TA0112',
  'credential-access': 'TA0006',
  discovery: 'TA0007',
  'lateral-movement': 'TA0008',
  collection: 'TA0009',
  'command-and-control': 'TA0011',
  exfiltration: 'TA0010',
  impact: 'TA0040',
};

/**
 * One object a technique. Sigma does not say which tactic a technique is for, so with several tactics
 * none is claimed; tactics without any technique stand alone.
 */
export function attacksOf(tags: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  const names = tags.flatMap(
    (tag) => /^attack\.(.+)$/i.exec(tag)?.[1]?.toLowerCase().replaceAll('_', '-') ?? [],
  );
  const techniques = names
    .filter((name) => /^t\d{4}(?:\.\d{3})?$/.test(name))
    .map((name) => name.toUpperCase());
  const tactics = names.flatMap((name) => {
    const uid = Object.hasOwn(TACTICS, name) ? TACTICS[name] : undefined;
    return uid === undefined ? [] : [{ uid, name }];
  });
  if (techniques.length === 0) return tactics.map((tactic) => ({ tactic }));
  return techniques.map((technique) => ({
    technique: { uid: technique.slice(0, 5) },
    ...(technique.length > 5 ? { sub_technique: { uid: technique } } : {}),
    ...(tactics.length === 1 ? { tactic: tactics[0] } : {}),
  }));
}
