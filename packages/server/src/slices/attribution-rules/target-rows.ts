import type pg from 'pg'

export type TargetKind = 'agent' | 'project' | 'team' | 'member'

/** What a rule makes a call the call of. */
export interface Target {
  kind: TargetKind
  id: string
  /** Its name; of a member, the e-mail address. */
  name: string
  agentId: string | null
  projectId: string | null
  teamId: string | null
  memberId: string | null
  environment: string | null
}

/** By kind, ids and names alike. */
export type Wanted = Readonly<Record<TargetKind, readonly string[]>>

/** What is alive of them, in the tenant of the transaction. A name that several have brings all of them. */
export async function findTargets(client: pg.ClientBase, wanted: Wanted): Promise<Target[]> {
  const found = await client.query<Target>(
    `SELECT 'agent' AS kind, a.id, a.name, a.id AS "agentId", p.id AS "projectId", p.team_id AS "teamId", a.owner_member_id AS "memberId",
       p.environment
     FROM agent a JOIN project p ON p.organization_id = a.organization_id AND p.id = a.project_id
     WHERE a.organization_id = (SELECT keylease_organization()) AND a.deleted_at IS NULL AND p.deleted_at IS NULL
       AND (a.id = ANY($1::text[]) OR a.name = ANY($1::text[]))
     UNION ALL
     SELECT 'project', id, name, NULL, id, team_id, NULL, environment FROM project
     WHERE organization_id = (SELECT keylease_organization()) AND deleted_at IS NULL AND (id = ANY($2::text[]) OR name = ANY($2::text[]))
     UNION ALL
     SELECT 'team', id, name, NULL, NULL, id, NULL, NULL FROM team
     WHERE organization_id = (SELECT keylease_organization()) AND deleted_at IS NULL AND (id = ANY($3::text[]) OR name = ANY($3::text[]))
     UNION ALL
     SELECT 'member', id, email, NULL, NULL, NULL, id, NULL FROM member
     WHERE organization_id = (SELECT keylease_organization()) AND removed_at IS NULL AND (id = ANY($4::text[]) OR email = ANY($4::text[]))`,
    [wanted.agent, wanted.project, wanted.team, wanted.member],
  )
  return found.rows
}
