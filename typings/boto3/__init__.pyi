"""What Endcap uses of boto3, which ships no types."""

from typing import Literal, TypedDict

from botocore.config import Config

class ObjectEntry(TypedDict):
    Key: str

class ListObjectsAnswer(TypedDict, total=False):
    Contents: list[ObjectEntry]

class S3Client:
    def upload_file(self, Filename: str, Bucket: str, Key: str) -> None: ...
    def download_file(self, Bucket: str, Key: str, Filename: str) -> None: ...
    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> ListObjectsAnswer: ...
    def delete_object(self, *, Bucket: str, Key: str) -> object: ...
    def create_bucket(self, *, Bucket: str) -> object: ...

def client(
    service_name: Literal["s3"],
    *,
    endpoint_url: str | None = None,
    config: Config | None = None,
    region_name: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
) -> S3Client: ...
