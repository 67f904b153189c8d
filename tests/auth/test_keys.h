// Keys that were made for these tests and are used nowhere else.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string>
#include <string_view>

namespace switchboard::auth {

struct TestKey {
  std::string_view private_pem;
  std::string_view public_pem;
  std::string_view jwk;  // the public one
};

/// HS256 of any text.
inline std::string hmac_of_text(std::string_view secret, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &bytes);
  return {reinterpret_cast<char*>(mac), bytes};
}

inline constexpr TestKey kRsaKey = {
    .private_pem = R"(-----BEGIN PRIVATE KEY-----
MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDoCrFLgMELiHD2
HBpLEDLXm03wStlj3S0TBQ3flLV6ExMcHZz8nN9NiXwrMCbQ/XBUsAzQIGmfpl7c
kj21LaVTj3/H5yfbkKBDm4fqK5FiQoarg4bdrS3rVYqsUkaM/qqXijHf/mTOSV77
ZrQz8iEvZNLiFR/rzB+DBM/jSUxAvvjUQccXD3FUJxfUIGJBxbiXtDMWou3xMo/w
DEtcRus+mV0Vk7tIlp7lPc3WgQtB1fodkc7RQLT5epkov30fi7c2t69apCeXw4C+
85p5igcvO4za3v6tHC3ZobQ/3CR49b+3JMn6V+GDwPg4lHFxMabtso5lhqNtHGqp
9QJeBl6ZAgMBAAECggEAcvvFcmgpgQkKDPLNFrA+uXeUjgPRKLrTmK6y+r1qlkT4
fcCw577mqrn7xTz1py9HaDfbCZFeNcYQENYI7Qxi9f7Qb6M8rYFD4WyjU6dmQh48
NKaXAKdN72Vys8SLgFe7+h75awlZM53JCuQQXQNZbW5VT8HvEP4UCW0rhPHv7s6h
2xf2hhpa0eIh4ujMIIRTab4OKi/aF0llCDAFrqdyMEWV6sq+HjBHWgz3DzRdIDxz
kZVYt//beYv72/87+Fs3jznukut37OnKKCoHCPjH2STylhD9OfNxNDAopzy5wzhg
og94bNV9RBGM0wBrazTcjF/Soh2y61SeN0RFDsIuvwKBgQDz7Lpa++/i2QhPOtbq
4dzRwsTYt95yjfgib74xy4nPE+J0Q2ZqcGoGtN3It6FZIjOQcncYQ1Ob9Gtw/Hy7
p3CgkRmk89+Knaz5QU1NVzCC7NNmgzJrq1c2F6CLq90GOzpkE6q+L2SA8oZNRsZi
NPYxnQiJ9B7WS+rDyEy8w34EYwKBgQDzh18MnMYSJYVFQhHLFI/QZIWIvkClkVbT
wtH9NpjdqG+nnWptrTKX0N0gysSnq4v6y6xOp88XgMj4+nO/fWbQ3UQ5jtMQTt/Z
ZemwuvGWH2CCbBADqFA1oyXr545OcwDPpLCcgww9Lj/aAT3Y2LFvZq2UkeFYz1N/
IQwoNU2L0wKBgQDic0FGumGn7eji9TMU9/5y1ii9MWXYX6ie/7JItDcKAeHYIcJw
ylAETeEgOCoYf8HzNfEOm2KBhFZCnISIChhrWInAM4+yNlOhS1iilnE4+vf/UYl7
n6PlWeX4BOO6pz28Lu3yhjj95Sl9kFkYTybIRIrq17HRLMWUYN2s2KijFQKBgQCU
0HRU0Lh4/lSiLe2Rm88GGWdAWIJIqrfUT4jioypmyTbxxk/zFZOFEi0OjNn/W+T+
LNfueL0kL56gBuwUaB0cJRo70ftIS+qefph/Vr2qbyIakM54bbIWFMxni+h6J+ym
9oy2F56zBEAgiAGzMTe8S5Jm5349NvRfC2LSb0Aj4QKBgQCyXe1Cg1Q1OjRkJQQ+
1HrrriWQbVyCFC51fUbt182Tx30FLXoqxpw/qdYWGdx4i5xa6vSujUdbEIdfCv/3
quZJ0L9mEvE6kKzwo66AjbYffG1V7EM/Jhi7K3ozgiVFSK7MNLeB1QzdA/2aNfY4
8gSBiQOJb4690TFcLvwz0Uzykw==
-----END PRIVATE KEY-----
)",
    .public_pem = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6AqxS4DBC4hw9hwaSxAy
15tN8ErZY90tEwUN35S1ehMTHB2c/JzfTYl8KzAm0P1wVLAM0CBpn6Ze3JI9tS2l
U49/x+cn25CgQ5uH6iuRYkKGq4OG3a0t61WKrFJGjP6ql4ox3/5kzkle+2a0M/Ih
L2TS4hUf68wfgwTP40lMQL741EHHFw9xVCcX1CBiQcW4l7QzFqLt8TKP8AxLXEbr
PpldFZO7SJae5T3N1oELQdX6HZHO0UC0+XqZKL99H4u3NrevWqQnl8OAvvOaeYoH
LzuM2t7+rRwt2aG0P9wkePW/tyTJ+lfhg8D4OJRxcTGm7bKOZYajbRxqqfUCXgZe
mQIDAQAB
-----END PUBLIC KEY-----
)",
    .jwk =
        R"({"kty":"RSA","n":"6AqxS4DBC4hw9hwaSxAy15tN8ErZY90tEwUN35S1ehMTHB2c_JzfTYl8KzAm0P1wVLAM0CBpn6Ze3JI9tS2lU49_x-cn25CgQ5uH6iuRYkKGq4OG3a0t61WKrFJGjP6ql4ox3_5kzkle-2a0M_IhL2TS4hUf68wfgwTP40lMQL741EHHFw9xVCcX1CBiQcW4l7QzFqLt8TKP8AxLXEbrPpldFZO7SJae5T3N1oELQdX6HZHO0UC0-XqZKL99H4u3NrevWqQnl8OAvvOaeYoHLzuM2t7-rRwt2aG0P9wkePW_tyTJ-lfhg8D4OJRxcTGm7bKOZYajbRxqqfUCXgZemQ","e":"AQAB"})"};

inline constexpr TestKey kP256Key = {
    .private_pem = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1WZoSW7TQBbEJq3J
Gvn3CCTcIoWP8Eq0JV01QigZDsahRANCAAQTc7J649041T2zeCXVMI5feCVJDTxg
i7xMc2mF/fmvK5DntWleMJy/2UtzR1v1OHvw/3GOp0BKU78VzRbas62t
-----END PRIVATE KEY-----
)",
    .public_pem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEE3OyeuPdONU9s3gl1TCOX3glSQ08
YIu8THNphf35ryuQ57VpXjCcv9lLc0db9Th78P9xjqdASlO/Fc0W2rOtrQ==
-----END PUBLIC KEY-----
)",
    .jwk =
        R"({"kty":"EC","crv":"P-256","x":"E3OyeuPdONU9s3gl1TCOX3glSQ08YIu8THNphf35rys","y":"kOe1aV4wnL_ZS3NHW_U4e_D_cY6nQEpTvxXNFtqzra0"})"};

inline constexpr TestKey kP384Key = {
    .private_pem = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD6WRaRwIpEu4ExK7Lc
XGoAB3venGFvXfi540Kkh05MTfuimOuZSzcgFuplfD3zewKhZANiAARrD+csx4t8
FZDLNKkBGD5aRb1d2lZO2HkStuGc80D/A/9ohrrPGK4ASmbG53bh5Dw4VIeOY2Eg
i7VrIqGiVLzWqHd8fCil6OW9OaTbiaFPmEXqy9yjIE0Q9Z3fJVqRafk=
-----END PRIVATE KEY-----
)",
    .public_pem = R"(-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEaw/nLMeLfBWQyzSpARg+WkW9XdpWTth5
ErbhnPNA/wP/aIa6zxiuAEpmxud24eQ8OFSHjmNhIIu1ayKholS81qh3fHwopejl
vTmk24mhT5hF6svcoyBNEPWd3yVakWn5
-----END PUBLIC KEY-----
)",
    .jwk =
        R"({"kty":"EC","crv":"P-384","x":"aw_nLMeLfBWQyzSpARg-WkW9XdpWTth5ErbhnPNA_wP_aIa6zxiuAEpmxud24eQ8","y":"OFSHjmNhIIu1ayKholS81qh3fHwopejlvTmk24mhT5hF6svcoyBNEPWd3yVakWn5"})"};

inline constexpr TestKey kEd25519Key = {
    .private_pem = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDcU/AnkqPvUEPlp731ZH1ikhG59p1keokkxZr+rMQiu
-----END PRIVATE KEY-----
)",
    .public_pem = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAYqXCfeBAPm2MvFlQg/i21z/obwqIt4MpCpmYQCc3508=
-----END PUBLIC KEY-----
)",
    .jwk = R"({"kty":"OKP","crv":"Ed25519","x":"YqXCfeBAPm2MvFlQg_i21z_obwqIt4MpCpmYQCc3508"})"};

/// Of kP256Key, signed by itself.
inline constexpr std::string_view kP256Certificate = R"(-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUObdJ23qEuKxKAI8tSGNdw2JKTJgwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFdGVzdHMwIBcNMjYxMTI4MDkyMjMyWhgPMjEyNjExMDQwOTIy
MzJaMBAxDjAMBgNVBAMMBXRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
E3OyeuPdONU9s3gl1TCOX3glSQ08YIu8THNphf35ryuQ57VpXjCcv9lLc0db9Th7
8P9xjqdASlO/Fc0W2rOtraNTMFEwHQYDVR0OBBYEFOZlMHf8aX8fvXKfw9fWp28w
jD0sMB8GA1UdIwQYMBaAFOZlMHf8aX8fvXKfw9fWp28wjD0sMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKMPEPlaTKdtAMXGFH/0YevyRRBw7dpv
2LRNK5npceYsAiEAq1i7emRQCqGG08gqT9FWtPAL9KWnbwyamZreZOYZz90=
-----END CERTIFICATE-----
)";

inline constexpr std::string_view kShortRsaPem = R"(-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDOS+WGR2mMxZfREkAAnqwEFTHK
eWI7H4Cb0rr3lpF+2fBa9Zo//Zp0Evh7gb5hFOuBpTSoKned+u0TLjsL/EhEPbXB
wgMwuVi3SbCHM3QDP1stbLZW4qZ/OZF0LgD/0y04bDTIKnEYpu0QoTZcB3soc8Z2
Nd2Nhl4bFilzT2RF0wIDAQAB
-----END PUBLIC KEY-----
)";

}  // namespace switchboard::auth
