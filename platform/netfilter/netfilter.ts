/** Door: nftables of this machine, one transaction after the other. */
export { netfilterErrors } from './errors.ts';
export { type Kernel, type OwnThread, openNft } from './kernel.ts';
export { openLibnftables } from './libnftables.ts';
