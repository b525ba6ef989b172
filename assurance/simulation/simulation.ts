/** Door: what buying or cancelling would do. Each is a question for `Assurance.simulate`. */
export { simulateBuy } from './buy.ts';
export { type Cancellation, simulateCancel } from './cancel.ts';
