import type { TimeUnit } from '../aggregate/aggregate.ts'
import { AlignedCore } from './aligned-core.ts'
import type { CoreContext, WindowCore } from './window-core.ts'
import { createGrid } from './window-grid.ts'

export function createCore(
  context: CoreContext,
  unit: TimeUnit,
  path: 'fast' | 'general',
): WindowCore {
  const grid = createGrid(context.windowing.window, unit)
  if (grid === null) throw new Error('not yet')
  return new AlignedCore(context, grid)
}
