/**
 * Takes our tables away: `demarc-agent worker host-firewall/remove`. For when the agent leaves the machine, as nobody
 * would look after its rules then. Needs no state, no server and no nft(8).
 */
import { openLibnftables } from '@demarc/platform/netfilter';
import { REMOVE } from './commit.ts';
import { REMOVE_ISOLATION } from './isolation.ts';

using nft = openLibnftables();
for (const commands of [REMOVE, REMOVE_ISOLATION]) nft.run(commands);
