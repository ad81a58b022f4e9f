//! Whose images a request is about: that of its bearer token, who has to be the account in the path where there is one.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::response::Response;
use http::header;
use http::request::Parts;
use serde::Serialize;
use tintype_hosted::{Account, AccountId, Hosted, Scope};
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
use crate::bearer;
use crate::hosted::Images;
use crate::state::AppState;

/// Who asks, and may.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) images: Images,
    pub(super) account: Account,
    /// What URLs in answers begin with.
    pub(super) host: String,
}

impl Owner {
    /// An owner who has not said so: for whom his upload is taken in.
    pub(super) fn of(images: Images, account: Account, parts: &Parts) -> Self {
        Self { images, account, host: host(parts) }
    }

    pub(super) fn hosted(&self) -> &Hosted {
        self.images.hosted()
    }

    pub(super) fn id(&self) -> &AccountId {
        &self.account.id
    }
}

/// `http://host`, as the client wrote it.
fn host(parts: &Parts) -> String {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let images = app.images().ok_or_else(|| ApiError::missing("there are no stored images here"))?.clone();
        let token = bearer::token(&parts.headers).ok_or_else(ApiError::unauthenticated)?;
        let grant = images.hosted().authenticate(token).await?.ok_or_else(ApiError::unauthenticated)?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, app)
            .await
            .unwrap_or_else(|_none| Path(HashMap::new()));
        let is_its_own = match path.get("account") {
            Some(account) => grant.scope == Scope::Api && account.eq_ignore_ascii_case(grant.account.as_str()),
            None => grant.scope == Scope::Batch,
        };
        if !is_its_own {
            return Err(ApiError::forbidden());
        }
        if grant.scope == Scope::Batch && images.is_too_often(&grant.token) {
            return Err(ApiError::often());
        }
        let account = images.hosted().account(&grant.account).await?;
        Ok(Self { images, account, host: host(parts) })
    }
}

/// The part `{id}`, `{name}` or `{variant}` of a path, decoded.
#[derive(Clone, Debug)]
pub(super) struct Named(pub(super) String);

impl FromRequestParts<AppState> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Path(path) = path.map_err(|_utf8| ApiError::bad("the path is not UTF-8"))?;
        let named = path.into_iter().find(|(name, _)| name != "account");
        named.map(|(_, value)| Self(value)).ok_or_else(|| ApiError::bad("the path names nothing"))
    }
}

/// A token for the batch API.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchToken {
    expires_at: String,
    token: String,
}

/// Get a token for the batch API
#[utoipa::path(get, path = "/v1/batch_token", operation_id = "create_batch_token", tag = "tokens",
    responses((status = 200, description = "The token, and until when it is good", body = Envelope<BatchToken>)))]
pub(super) async fn batch_token(owner: Owner) -> Result<Response, ApiError> {
    let (token, expires) = owner.hosted().create_batch_token(owner.id()).await?;
    Ok(answer::ok(BatchToken { expires_at: expires.to_rfc3339(), token }))
}
