/** Door: the room at work on one Linux host. It changes exactly what a job says, within its window, and tells what became of it. */
import type { AgentRoom } from '@demarc/platform/contract/agent';
import { amsPatching } from '../service.ts';
import { type Machine, thisMachine } from './machine.ts';
import { forgetWaiting, PatchingRoom } from './room.ts';

export const amsPatchingAgent: AgentRoom = openAmsPatchingAgent(thisMachine());

/** @param machine a test has a system in a directory */
export function openAmsPatchingAgent(machine: Machine): AgentRoom {
  return {
    service: amsPatching,
    start: async (context) => new PatchingRoom(context, machine),
    withdraw: async ({ stateDirectory }) => forgetWaiting(stateDirectory),
  };
}
