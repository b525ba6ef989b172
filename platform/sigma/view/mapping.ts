/**
 * How a source's own fields stand in OCSF, in both directions: the parser writes by it, the Sigma view reads
 * by it. What a mapping does not carry to and fro unchanged stays in the event's `unmapped`, under its own
 * name, so that the two together lose nothing.
 */
export interface Mapping {
  /** Stands in `metadata.transformation_info_list[0].name` of every event that was made by it. */
  readonly name: string;
  /** Own field name, as Sigma rules know it → OCSF path. No two fields on one path, one type at each end. */
  readonly paths: Readonly<Record<string, string>>;
}
