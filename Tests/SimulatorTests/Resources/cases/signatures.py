"""STS, and what is answered to wrong signatures."""

from .table import case, code


@case("STS API Reference, GetCallerIdentity", "000000000000")
def caller_identity(w):
    return w.sts.get_caller_identity()["Account"]


SIGNATURE = "IAM user guide, troubleshooting Signature Version 4"
UNSIGNED = "ministack checks no signatures"


@case(SIGNATURE, ["SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def wrong_secret(w):
    return signed_otherwise(w, secret="other")


@case(SIGNATURE, ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidClientTokenId"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def unknown_key(w):
    return signed_otherwise(w, key="other")


@case(SIGNATURE, ["SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def wrong_region(w):
    return signed_otherwise(w, region="eu-west-1")


def signed_otherwise(w, **how):
    return [
        code(w.client("sqs", **how).list_queues), code(w.client("dynamodb", **how).scan, TableName=w.name()),
        code(w.client("sts", **how).get_caller_identity)]
