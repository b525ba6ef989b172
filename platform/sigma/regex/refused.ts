/** Why a pattern is not compiled; never leaves this folder. */
export class Refused extends Error {}
