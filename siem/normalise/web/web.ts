/** What the logs of web servers are in Sigma's words. */
import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import { accessMapping } from './access.ts';
import { errorLogMapping } from './error-log.ts';

export const webMappings: readonly Mapping[] = [accessMapping, errorLogMapping];

const PRODUCT = 'metadata.product.name';

export const webRecognitions: readonly Recognition[] = [
  { when: { 'metadata.log_name': ['access'] }, is: { category: 'webserver' } },
  { when: { [PRODUCT]: ['nginx'] }, is: { product: 'nginx', service: 'nginx', category: 'webserver' } },
  {
    when: { [PRODUCT]: ['apache', 'apache2', 'httpd'] },
    is: { product: 'apache', service: 'apache', category: 'webserver' },
  },
];
