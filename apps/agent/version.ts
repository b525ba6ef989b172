/** Said to the server with every exchange; the bundle replaces nothing, so it is written here once. */
export const AGENT_VERSION = '0.1.0';
