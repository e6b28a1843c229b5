CREATE DATABASE "temporal" OWNER "orbit";
CREATE DATABASE "temporal_visibility" OWNER "orbit";
