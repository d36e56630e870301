// Where runs take place: a kube-apiserver with an etcd, a proxy in front of it, and a wire that hurts on each of its sides.
import type { Direct } from './direct.ts';
import { openGround } from './ground.ts';
import { type Afloat, type LaunchOptions, launch } from './hurt-proxy.ts';
import type { Count } from './tail.ts';

export interface Sea extends Afloat {
  readonly direct: Direct;
  readonly etcdPort: number;
  /** How often the API server had each request. */
  readonly had: Count;
}

/** @throws {Error} as rejection, when one of the programs does not start */
export async function openSea(assets: string, options: LaunchOptions): Promise<Sea> {
  const ground = await openGround(assets);
  try {
    const afloat = await launch(ground, options);
    const { direct, etcd, had } = ground;
    const stop = async (): Promise<void> => {
      await afloat.stop();
      await ground.stop();
    };
    return { ...afloat, direct, etcdPort: etcd.port, had, stop };
  } catch (error) {
    await ground.stop();
    throw error;
  }
}
