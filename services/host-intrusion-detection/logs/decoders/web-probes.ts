/** What is asked for by who looks for software with known holes, and by whom. */
import { anyOf } from './literals.ts';

/** First letters of path segments, in lower case. Where a server has such software, its log does not miss it. */
const SEGMENTS = [
  'phpmyadmin',
  'php-my-admin',
  'phpmy-admin',
  'myadmin',
  'my-admin',
  'pma',
  'mysqladmin',
  'mysql-admin',
  'mysqlmanager',
  'sqladmin',
  'sqlmanager',
  'sqlweb',
  'websql',
  'webdb',
  'dbadmin',
  'phppgadmin',
  'adminer',
  'webmail',
  'vwebmail',
  'v-webmail',
  'roundcube',
  'rcube',
  'squirrelmail',
  'horde',
  'extmail',
  'mail_this_entry',
  'mails',
  'cgi-bin',
  'wp-login',
  'xmlrpc.php',
  'wp-config',
  'w00tw00t',
  'timthumb',
  'azenv',
  'vtigercrm',
  'zencart',
  'magmi',
  'joomla',
  'setup.php',
  'muieblackcat',
  'phpunit',
  'eval-stdin',
  '.env',
  '.git',
  '.aws',
  '.ssh',
  '.svn',
  'hnap1',
  'boaform',
  'manager',
  'jmx-console',
  'invoker',
  'web-console',
  'solr',
  'actuator',
  'struts',
  'axis2',
  'fckeditor',
  'shell',
  'c99',
  'r57',
  'backup.sql',
  'owa',
];
/** These are whole names: what begins with them may be anything. */
const NAMES = new Set([
  'mail',
  'db',
  'mysql',
  'typo3',
  'phpinfo.php',
  'test.php',
  'info.php',
  'sql',
  'shop',
  'cgi',
]);
const NOT_SEGMENTS = new Set(['manager', 'shell', 'solr', 'struts', 'owa', 'backup.sql']);

const SEGMENTS_LOOKED_AT = 24;

/** The path of a file or of a request. */
export function isProbedPath(path: string): boolean {
  const segments = path.toLowerCase().split('/', SEGMENTS_LOOKED_AT);
  return segments.some((segment) => {
    const name = segment.split('?', 1)[0] ?? '';
    return (
      name !== '' &&
      (NAMES.has(name) ||
        SEGMENTS.some((start) => (NOT_SEGMENTS.has(start) ? name === start : name.startsWith(start))) ||
        name.includes('wp-login'))
    );
  });
}

/** Marks of requests that only an attack makes, whatever the server answers; in lower case. */
const ATTACKS = [
  '${jndi:',
  '() {',
  '/etc/passwd',
  '/etc/shadow',
  '/bin/sh',
  '/bin/bash',
  '.%2e/',
  '%2e%2e/',
  '../../',
  '..%2f..',
  '%252e%252e',
  'union select',
  'union+select',
  'union%20select',
  'union all select',
  "' or '1'='1",
  '%27%20or%20',
  '<script',
  '%3cscript',
  'wget+http',
  'wget%20http',
  'curl+http',
  'curl%20http',
  'cmd.exe',
  'powershell',
  'eval-stdin.php',
  '/_ignition/',
  'php://input',
  'allow_url_include',
  'base64_decode(',
  'xp_cmdshell',
  '/boaform/',
  '/setup.cgi?next_file',
  'mstshash=',
];

const ATTACK = anyOf(ATTACKS);

export function isAttack(request: string): boolean {
  return ATTACK.test(request.toLowerCase());
}

/** An address of another server as the value of a parameter: what PHP's fopen once included. */
export function includesRemote(request: string): boolean {
  const query = request.indexOf('?');
  return query !== -1 && (request.includes('=http://', query) || request.includes('=ftp://', query));
}

/** Programs that collect addresses of mail, write spam or look for holes, as they name themselves; in lower case. */
const AGENTS = [
  'trackback/1.02',
  'emailcollector',
  'emailsiphon',
  'emailwolf',
  'email extractor',
  'webemailextrac',
  'atomic_email_hunter',
  'contentsmartz',
  'dataCha0s',
  'dbrowse',
  'demo bot',
  'dsurf',
  'ebrowse',
  'educate search',
  'extractorpro',
  'fantombrowser',
  'franklin locator',
  'full web bot',
  'industry program',
  'isc systems irc',
  'iufirefox',
  'larbin',
  'lincoln state web browser',
  'lmqueuebot',
  'ltx71',
  'lwp::',
  'mailsweeper',
  'mfc foundation class',
  'missauga',
  'missigua locator',
  'mvaclient',
  'nameofagent',
  'nasa search',
  'nsauditor',
  'pbrowse',
  'peval',
  'port huron labs',
  'production bot',
  'program shareware',
  'psurf',
  'psycheclone',
  'shablastbot',
  'snapbot',
  'sogou music spider',
  'sogou develop spider',
  'sohu agent',
  'ssurf',
  'tsurf',
  'under the rainbow',
  'vadixbot',
  'wep search',
  'wells search',
  'winnie poh',
  'zeus ',
  'nikto',
  'sqlmap',
  'nmap scripting',
  'masscan',
  'zgrab',
  'dirbuster',
  'gobuster',
  'wpscan',
  'acunetix',
  'nessus',
  'openvas',
  'nuclei',
  'havij',
  'jorgee',
  'morfeus',
];
const AGENT = anyOf(AGENTS.map((agent) => agent.toLowerCase()));

export function isBadAgent(agent: string): boolean {
  return AGENT.test(agent.toLowerCase());
}

/** A crawler that says it is one of the large ones: true only if the name of its address says so too. */
export function claimsToBeCrawler(agent: string): boolean {
  return agent.includes('Googlebot/') || agent.includes('bingbot/') || agent.includes('Googlebot-Image/');
}
