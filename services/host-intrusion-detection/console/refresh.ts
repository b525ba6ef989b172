/** How soon a change is to be seen: an agent answers every two seconds. */
export const REFRESH_MS = 3_000;
