/**
 * Blanks out what must not travel: private keys, password hashes, tokens. Redacting too much costs a line of
 * a diff; too little costs the secret.
 */
const BLANK = '[redacted]';

/** Files that are secret in each line: a shown line says only whose it is. */
const COLON_FILES = /^\/etc\/(?:g?shadow-?|security\/opasswd|ppp\/.*-secrets|krb5\.keytab)$/;
const SECRET_NAME =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth)[\w.-]*["']?\s*[:=]\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\s#;,]+)/gi;
const SECRET_ARGUMENT =
  /(\s--?[\w-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|credential)[\w-]*[ =])(?:"[^"]*"|'[^']*'|\S+)/gi;
const SECRET_DIRECTIVE = /^(\s*(?:rootpw|bindpw|psk|wpa_passphrase|requirepass|masterauth)\s+)\S.*$/gim;
const CRYPT_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy|argon2(?:id?|d))\$[^\s:]+/g;
const KEY_BLOCK =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g;
const LONG_TOKEN =
  /\b(?:gh[pousr]_\w{20,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|xox[baprs]-[\w-]{10,})/g;
const URL_PASSWORD = /(\b[a-z][\w+.-]*:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/gi;

/** A command line, whose arguments may hold what its configuration would: `--password=…`, `-p …` is left. */
export function redactCommandLine(commandLine: string): string {
  return redact('', commandLine).replaceAll(SECRET_ARGUMENT, `$1${BLANK}`);
}

export function redact(path: string, text: string): string {
  if (COLON_FILES.test(path)) {
    return text.replaceAll(/^([^:\n]*):([^\n]*)$/gm, (_line, name: string, rest: string) => {
      // The fields after the hash (ages, members) tell what changed without telling the secret.
      const fields = rest.split(':');
      const state =
        fields[0] === '' || fields[0] === '*' || fields[0] === '!' || fields[0] === '!*' ? fields[0] : BLANK;
      return [name, state, ...fields.slice(1)].join(':');
    });
  }
  return text
    .replaceAll(KEY_BLOCK, BLANK)
    .replaceAll(CRYPT_HASH, BLANK)
    .replaceAll(LONG_TOKEN, BLANK)
    .replaceAll(URL_PASSWORD, `$1${BLANK}`)
    .replaceAll(SECRET_DIRECTIVE, `$1${BLANK}`)
    .replaceAll(SECRET_NAME, `$1${BLANK}`);
}
