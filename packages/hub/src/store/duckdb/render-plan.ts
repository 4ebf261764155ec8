import type { ProjectScope } from '../../core/scope.ts'
import type { RollupDefinition } from '../rollup.ts'
import type { Frame, Plan } from '../store.ts'
import { type Rendered, renderRaw } from './render.ts'
import type { UncleanSpans } from './rollup-build.ts'
import { chooseRollup } from './rollup-plan.ts'
import { renderMixed } from './rollup-render.ts'
import type { Texts } from './texts.ts'

/** What a plan is rendered against. */
export interface RenderContext {
  /** Coarsest first. */
  readonly rollups: readonly RollupDefinition[]
  /** Of the plan's range, read in the transaction that answers it; an absent rollup is not used. */
  readonly unclean: UncleanSpans
  readonly texts: Texts
}

/**
 * SQL of a plan: over the coarsest rollup that fits and rows for the rest, or over rows alone. Pure.
 */
export function renderPlan(
  plan: Plan,
  scope: ProjectScope,
  context: RenderContext,
): Rendered & { readonly source: Frame['source'] } {
  const choice = plan.type === 'list' ? null : chooseRollup(plan, context.rollups, context.unclean)
  if (plan.type === 'list' || choice === null)
    return { ...renderRaw(plan, scope, context.texts), source: 'raw' }
  const source = choice.raw.length === 0 ? 'rollup' : 'mixed'
  return { ...renderMixed(plan, scope, choice, context.texts), source }
}
