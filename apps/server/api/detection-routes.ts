/** Rules and findings. */
import {
  FindingDetails,
  ImportRules,
  RULE_BODY_BYTES_MAX,
  RuleDetails,
  RuleId,
  RuleList,
  RuleOverlay,
  RulesImported,
  RulesTried,
  SetRuleOverlay,
  TryRules,
} from '@demarc/platform/contract/detection';
import {
  findingDetails,
  importRules,
  listRules,
  removeRuleFile,
  ruleDetails,
  setRuleOverlay,
  tryRules,
} from '@demarc/siem/rules';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf } from './guard.ts';
import { BASE, Done, Params } from './requests.ts';

const RuleParams = Params.extend({ ruleId: RuleId });
const RemoveRules = z.strictObject({ file: z.string().min(1).max(512) });

export function detectionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get(`${BASE}/rules`, {
    config: { permission: 'rule:read' },
    schema: {
      summary: 'Every detection rule: loaded, refused, switched off, fired, and whether it can fire at all',
      params: Params,
      response: { 200: RuleList },
    },
    handler: async (request) => listRules(deps.siem, scopeOf(request)),
  });
  api.get(`${BASE}/rules/:ruleId`, {
    config: { permission: 'rule:read' },
    schema: {
      summary: 'One rule, its text, its versions and what the tenant changed of it',
      params: RuleParams,
      response: { 200: RuleDetails },
    },
    handler: async (request) => ruleDetails(deps.siem, scopeOf(request), request.params.ruleId),
  });
  api.put(`${BASE}/rules/:ruleId/overlay`, {
    config: { permission: 'rule:write' },
    schema: {
      summary: 'Switches a rule on or off, tunes it, and says which events it is not about',
      params: RuleParams,
      body: SetRuleOverlay,
      response: { 200: RuleOverlay },
    },
    handler: async (request) =>
      setRuleOverlay(
        deps.siem,
        scopeOf(request),
        principalOf(request).accountId,
        request.params.ruleId,
        request.body,
      ),
  });
  api.post(`${BASE}/rules/import`, {
    bodyLimit: RULE_BODY_BYTES_MAX,
    config: { permission: 'rule:write' },
    schema: {
      summary: 'Brings Sigma rule files in, or says what would become of them',
      params: Params,
      body: ImportRules,
      response: { 200: RulesImported },
    },
    handler: async (request) =>
      importRules(deps.siem, scopeOf(request), principalOf(request).accountId, request.body),
  });
  api.post(`${BASE}/rules/remove`, {
    config: { permission: 'rule:write' },
    schema: {
      summary: 'Takes a rule file of the tenant’s own away; its versions are kept',
      params: Params,
      body: RemoveRules,
      response: { 200: Done },
    },
    handler: async (request) => {
      await removeRuleFile(deps.siem, scopeOf(request), principalOf(request).accountId, request.body.file);
      return { ok: true };
    },
  });
  api.post(`${BASE}/rules/try`, {
    config: { permission: 'rule:read' },
    schema: {
      summary: 'Tries rules on events; stores neither',
      params: Params,
      body: TryRules,
      response: { 200: RulesTried },
    },
    handler: async (request) => tryRules(deps.siem, request.body),
  });
  api.get(`${BASE}/findings/:uid`, {
    config: { permission: 'event:read' },
    schema: {
      summary: 'A finding, the rule and the events behind it, and which test decided',
      params: Params.extend({ uid: z.string().max(128) }),
      response: { 200: FindingDetails },
    },
    handler: async (request) => {
      const found = await findingDetails(deps.siem, scopeOf(request), request.params.uid);
      if (found === undefined) throw serverErrors.make('API_NOT_FOUND', { path: request.url });
      return found;
    },
  });
}
