/**
 * What kind of sign of an attack a line is; which kinds count is the reader's choice (`Mode`).
 *
 * - `authentication` somebody was not let in; `rejection` something asked for was refused, or is an attack's
 * - `listed` refused because of a list of addresses; `flood` connections for their own sake
 * - `errors` too many errors in one session; `extra` protocol misuse that scanners show and old clients too
 * - `weak` often innocent, and worth counting only beside others
 */
export type Sign = 'authentication' | 'rejection' | 'listed' | 'flood' | 'errors' | 'extra' | 'weak' | 'none';
