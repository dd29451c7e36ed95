import type { z } from 'zod'
import type { Endpoint } from './endpoint'
import {
  CreateProject,
  createProject,
  deleteProject,
  getProject,
  listProjects,
  Project,
  ProjectPage,
  UpdateProject,
  updateProject,
} from './projects'
import { getHome, getLive, getMetrics, getOpenapi, getReadiness, getReference, Live, Readiness } from './system'
import { ErrorBody } from './values'

/** Groups of operations, in reading order. */
export const tags = [
  {
    name: 'Projects',
    description: 'A project holds the agents of one product in one environment, and says which cost centre pays for them.',
  },
  { name: 'Service', description: 'Whether the service is alive and ready, what it measures, and this interface itself.' },
] as const

/** Every operation, in reading order: mounted, documented and tested from here. */
export const endpoints: readonly Endpoint[] = [
  listProjects,
  createProject,
  getProject,
  updateProject,
  deleteProject,
  getLive,
  getReadiness,
  getMetrics,
  getOpenapi,
  getReference,
  getHome,
]

/** Schemas of bodies by their name in the OpenAPI document. */
export const requestSchemas: Readonly<Record<string, z.ZodType>> = { CreateProject, UpdateProject }

/** Schemas of answers by their name in the OpenAPI document. */
export const responseSchemas: Readonly<Record<string, z.ZodType>> = { Project, ProjectPage, Live, Readiness, ErrorBody }
