import type { DeliveryStatus } from '../../local/api-schema.ts';
import { diagnoseHold, isHeld } from '../status/format-status.ts';
import { bad, type Check, good } from './check.ts';

/** Whether something keeps events from being delivered: a ping that passes does not say so. */
export const createDeliveryCheck = (fetchDelivery: () => Promise<DeliveryStatus | null>): Check => ({
  name: 'delivery',
  run: async () => {
    const delivery = await fetchDelivery();
    if (delivery === null) return { level: 'unknown', text: 'neither the log nor the metrics say' };
    if (!isHeld({ delivery })) return good('nothing holds it');
    const { problem, advice } = diagnoseHold(delivery);
    return bad(`held: ${problem}: ${advice}`);
  },
});
