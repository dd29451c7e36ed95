import type { OrganizationPrice } from '@keylease/shared/pricing/organization-price'
import { plainTerms } from '@keylease/shared/pricing/price'
import type pg from 'pg'
import { inTenantSql } from '../../platform/tenancy'
import { listRequestFees } from '../providers/service'
import { readTermsJson, type TermsJson } from './terms-json'

interface Row {
  id: string
  provider: string
  model: string | null
  terms: TermsJson | null
  discount: number | null
  effectiveFrom: Date
  effectiveTo: Date | null
}

/** All that an organization agreed, and what each request of its own providers costs: an agreed price goes before such a fee. */
export async function readAgreedPrices(pool: pg.Pool, organizationId: string): Promise<readonly OrganizationPrice[]> {
  const [agreed, fees] = await Promise.all([readOrganizationPrices(pool, organizationId), listRequestFees(pool, organizationId)])
  return [...agreed, ...[...fees].map(([provider, nanos]) => toFee(provider, nanos))]
}

/** Named by what it says, so that another fee is another version of the prices. */
const toFee = (provider: string, nanos: bigint): OrganizationPrice => ({
  id: `fee ${provider} ${nanos}`,
  provider,
  model: null,
  effectiveFrom: null,
  effectiveTo: null,
  kind: 'override',
  terms: plainTerms({ requests: nanos * 1_000_000n }),
})

/** Whenever it holds: what is priced may lie in the past. */
async function readOrganizationPrices(pool: pg.Pool, organizationId: string): Promise<readonly OrganizationPrice[]> {
  const found = await inTenantSql(pool, organizationId, (client) =>
    client.query<Row>(
      `SELECT id, provider, model, terms, discount_basis_points AS discount, effective_from AS "effectiveFrom",
         effective_to AS "effectiveTo"
       FROM price_override WHERE organization_id = $1 AND deleted_at IS NULL`,
      [organizationId],
    ),
  )
  return found.rows.map(toOrganizationPrice)
}

function toOrganizationPrice({ terms, discount, effectiveFrom, effectiveTo, ...row }: Row): OrganizationPrice {
  const dated = { ...row, effectiveFrom: effectiveFrom.getTime(), effectiveTo: effectiveTo?.getTime() ?? null }
  return terms === null
    ? { ...dated, kind: 'discount', basisPoints: 10_000 - (discount ?? 0) }
    : { ...dated, kind: 'override', terms: readTermsJson(terms) }
}
