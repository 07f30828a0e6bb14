from django.urls import path

from studyapp.accounts import views

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-in/", views.sign_in, name="sign_in"),
    path("accounts/sign-up/", views.sign_up, name="sign_up"),
    path("accounts/sign-out/", views.sign_out, name="sign_out"),
    path("accounts/profile/", views.profile, name="profile"),
    path("accounts/link/<str:token>/", views.link, name="link"),
    path("accounts/email/<str:token>/", views.confirm, name="confirm"),
    path("accounts/reset/", views.reset, name="reset"),
    path("accounts/notices/", views.notices, name="notices"),
    path("accounts/token/", views.token, name="token"),
    path("about/", views.about, name="about"),
    path("privacy/", views.privacy, name="privacy"),
    # In front of the admin's own pages of the same address.
    path("admin/login/", views.admin_sign_in, name="admin_sign_in"),
    path("admin/logout/", views.sign_out, name="admin_sign_out"),
    path("admin/password_change/", views.admin_password, name="admin_password"),
]
