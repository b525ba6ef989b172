import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CONFORMANCE_PLACEHOLDERS, conformancePairs } from '../conformance/conformance.ts';
import { evaluate } from '../engine/evaluate.ts';
import { re2jsRefuses, re2jsRegexes } from '../engine/testing.ts';
import { flatten, type SigmaEvent } from '../event.ts';
import type { Condition } from '../ir.ts';
import { oracleFor } from '../oracle/oracle.ts';
import { loadRules, type RuleFile } from './rules.ts';

/** SigmaHQ's rules and regression cases (corpora/README.md), beside the project. */
const CORPUS = join(import.meta.dirname, '../../../../shared/corpora/sigma');
const isMissing = existsSync(CORPUS) ? false : `no corpus at ${CORPUS}: SigmaHQ's rules are not looked at`;

const RULES = 3_780;
/** Rules that ask for what only a tenant knows: file, line, placeholder. */
const WITH_PLACEHOLDERS = [
  'win_security_adcs_certighost_cdc_chase_request:57 %known_cdcs%',
  'win_security_adcs_certighost_cert_issued_via_chase:44 %known_cdcs%',
  'aws_cloudtrail_console_login_success_from_susp_locations:25 %Legitimate_Countries%',
  'azure_ad_account_created_deleted_nonapproved_user:26 %ApprovedUserUpn%',
  'azure_ad_guest_users_invited_to_tenant_by_non_approved_inviters:25 %Approved_Inviters%',
  'azure_ad_auth_to_important_apps_using_single_factor_auth:22 %Important_AppIds%',
  'azure_ad_authentications_from_countries_you_do_not_operate_out_of:26 %Known_Location%',
  'azure_ad_failed_auth_from_countries_you_do_not_operate_out_of:23 %KNOWN_LOCATION%',
  'azure_privileged_account_sigin_expected_controls:23 %UnLegitCountries%',
  'azure_users_authenticating_to_other_azure_ad_tenants:22 %HomeTenantID%',
  'okta_session_impersonation_granted:30 %legtimate_identifiers%',
  'win_security_admin_logon:29 %Admins_Workstations%',
  'win_security_dc_machine_account_logon_non_dc_ip:37 %dc_machine_accounts%',
  'win_security_dc_machine_account_tgs_non_dc_ip:38 %dc_machine_accounts%',
  'win_security_dc_machine_accoutn_tgt_non_dc_ip:35 %dc_machine_accounts%',
  'win_security_exploit_cve_2020_1472:22 %DC-MACHINE-NAME%',
  'win_security_modification_of_msds_dmsa_link_attribute:35 %Administrators%',
  'win_security_msds_dmsa_object_creation:37 %Administrators%',
  'win_security_potential_pass_the_hash:25 %Workstations%',
  'win_security_remote_registry_management_via_reg:27 %Admins_Workstations%',
  'win_security_susp_interactive_logons:29 %ServerSystems%',
  'dns_query_win_wscript_cscript_resolution:23 %internal_domains%',
  'net_connection_win_certsvc_outbound_smb_ldap:45 %legit_ips%',
  'net_connection_win_susp_rdp_from_domain_controller:20 %domain_controller_hostnames%',
  'proc_creation_win_userdomain_variable_enumeration:20 %userdomain%',
];

const files = isMissing === false ? readRules() : [];

function readRules(): readonly RuleFile[] {
  const found = globSync('rules*/**/*.yml', { cwd: CORPUS }).sort();
  return found.map((file) => ({ file, text: readFileSync(join(CORPUS, file), 'utf8') }));
}

/** Each placeholder that a rule names gets a value, a pattern and its own name. */
function placeholdersOf(rules: readonly RuleFile[]): Record<string, readonly string[]> {
  const names = rules.flatMap(({ text }) => [...text.matchAll(/%([\w.-]+)%/g)].map(([, name = '']) => name));
  return Object.fromEntries(names.map((name) => [name, ['one', `${name}*`]]));
}

const placeholders = placeholdersOf(files);
const checkRegex = re2jsRefuses;
const loaded = loadRules(files, { placeholders, checkRegex });

test('every rule of SigmaHQ loads when placeholders have values', { skip: isMissing }, (t) => {
  t.assert.equal(files.length, RULES);
  t.assert.deepEqual(loaded.refused, []);
  t.assert.equal(loaded.detections.length, RULES);
});

test('without values the rules with placeholders are refused, and no others', { skip: isMissing }, (t) => {
  const isAsked = ({ text }: RuleFile): boolean => /\|expand\b/.test(text);
  const { detections, refused } = loadRules(files.filter(isAsked), { checkRegex });
  t.assert.deepEqual(detections, []);
  t.assert.deepEqual(
    refused.map(({ file, line, code, because }) => ({
      what: `${file.split('/').at(-1)?.replace('.yml', '')}:${line} ${/%[^%]+%/.exec(because)?.[0]}`,
      code,
    })),
    WITH_PLACEHOLDERS.map((what) => ({ what, code: 'placeholder-unknown' })),
  );
});

/** One file holds one event, or several one after the other. */
function regressionEvents(): readonly SigmaEvent[] {
  return globSync('regression/**/*.json', { cwd: CORPUS })
    .sort()
    .flatMap((file) => {
      const texts = readFileSync(join(CORPUS, file), 'utf8').split(/\r?\n(?=\{)/);
      return texts
        .filter((text) => text.trim() !== '')
        .map((text) => windowsEvent(JSON.parse(text) as WindowsEvent));
    });
}

interface WindowsEvent {
  readonly Event: {
    readonly System: {
      readonly Provider: { readonly '#attributes': { readonly Name: string } };
      readonly EventID: number | { readonly '#text': number };
      readonly Channel: string;
      readonly Computer: string;
      readonly Level: number;
    };
    readonly EventData?: object;
    readonly UserData?: object;
  };
}

function windowsEvent({ Event: { System, EventData, UserData } }: WindowsEvent): SigmaEvent {
  const { Provider, EventID, Channel, Computer, Level } = System;
  const id = typeof EventID === 'number' ? EventID : EventID['#text'];
  const system = { Provider_Name: Provider['#attributes'].Name, EventID: id, Channel, Computer, Level };
  return { logsources: [], fields: flatten({ ...EventData, ...UserData, ...system }).fields };
}

test('the oracle agrees on SigmaHQ rules and regression events', { skip: isMissing }, (t: TestContext) => {
  const events = regressionEvents();
  t.assert.ok(events.length >= 115, `${events.length} events`);
  const regexes = re2jsRegexes();
  const differing: string[] = [];
  let matches = 0;
  let compared = 0;
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  for (const [ruleAt, rule] of loaded.detections.entries()) {
    const [oracle] = oracleFor(texts.get(rule.file) ?? '', placeholders);
    for (const [eventAt, event] of events.entries()) {
      const holds = evaluate(rule.condition, event, regexes);
      if (holds) matches += 1;
      // All that match, and every fourth that does not: each rule meets a quarter of the events.
      if (!holds && (ruleAt + eventAt) % 4 !== 0) continue;
      compared += 1;
      if (oracle?.(event) !== holds) differing.push(`${rule.file}, event ${eventAt}: ${holds}`);
    }
  }
  t.diagnostic(
    `${loaded.detections.length} rules, ${events.length} events: ${matches} matches, ${compared} verdicts compared`,
  );
  t.assert.deepEqual(differing, []);
  t.assert.ok(matches >= 115, `${matches} matches`);
});

test('the plain engine and the oracle agree on 10,000 generated pairs', (t: TestContext) => {
  const regexes = re2jsRegexes();
  const differing: unknown[] = [];
  let ruleText = '';
  let condition: Condition = { op: 'false' };
  for (const pair of conformancePairs(4, 10_000)) {
    if (pair.ruleText !== ruleText) {
      ruleText = pair.ruleText;
      const options = { placeholders: CONFORMANCE_PLACEHOLDERS, checkRegex };
      const { detections, refused } = loadRules([{ file: 'pair.yml', text: ruleText }], options);
      t.assert.deepEqual(refused, [], ruleText);
      condition = detections[0]?.condition ?? condition;
    }
    if (evaluate(condition, pair.event, regexes) !== pair.expected) differing.push(pair);
  }
  t.assert.deepEqual(differing, []);
});
