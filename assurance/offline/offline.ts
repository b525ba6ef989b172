/** Door: a ledger file read and resolved without a platform; nothing here opens a store. */
export { loadCatalogue } from '../catalogue/catalogue.ts';
export { ledgerErrors } from './ledger-errors.ts';
export { actLine, evidenceLine, type LedgerEntry, LedgerLines, readLedgerFile } from './ledger-file.ts';
export { type LedgerReport, ledgerReport, type Resolved, resolveLedger } from './resolve.ts';
